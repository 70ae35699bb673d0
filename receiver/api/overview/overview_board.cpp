// Keeps the last overview: two queries, and what the receiver knows by itself.
#include "receiver/api/overview/overview_board.hpp"

#include "common/shop/problems/clock_record.hpp"
#include "common/shop/problems/problem_facts.hpp"
#include "common/shop/samples.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds good_for = 300ms;
constexpr milliseconds watch_every = 500ms;
constexpr milliseconds patience = 3s;
// The spool is opened a moment after the start.
constexpr milliseconds first_moment = 5s;

} // namespace

overview_board::overview_board(const config::settings& s, database_monitor& db, account_registry& accounts,
                               pg::pool& connections, const spool& instead)
    : settings_(s), db_(db), accounts_(accounts), connections_(connections), spool_(instead),
      begun_(steady_now()) {}

task<result<overview>> overview_board::latest() {
  if (steady_now() - read_at_ >= good_for && db_.is_up()) {
    co_await accounts_.refresh();
    auto found = co_await read();
    if (found) {
      last_ = std::move(*found);
      read_at_ = steady_now();
    } else if (found.error().kind == failure::permanent && db_.is_up()) {
      co_return found.error();
    }
  }
  co_return last();
}

task<result<overview>> overview_board::read() {
  std::vector<shop::known_account> accounts;
  std::vector<std::string> ids;
  for (const auto& one : accounts_.list()) {
    accounts.push_back({one.id, one.name, one.has_key, one.courier});
    ids.push_back(one.id);
  }
  auto db = co_await connections_.acquire(steady_now() + patience);
  if (!db) co_return db.error();
  auto sampled = co_await shop::refresh_small_sample(**db);
  if (!sampled) co_return sampled.error();
  auto facts = co_await shop::read_problem_facts(**db, std::move(accounts));
  if (!facts) co_return facts.error();
  auto figures = co_await read_overview_figures(**db, std::move(ids));
  if (!figures) co_return figures.error();
  overview found;
  found.as_of = facts->now;
  found.timezone = figures->timezone.value_or(settings_.reconciler.timezone);
  found.facts = std::move(*facts);
  co_await shop::record_clocks(**db, found.facts, clocks_apart_since_);
  found.facts.accounts_known = accounts_.loaded();
  found.facts.asking_since =
      found.as_of.value() - std::chrono::duration_cast<microseconds>(steady_now() - begun_);
  found.figures = std::move(*figures);
  co_return found;
}

overview overview_board::last() const {
  overview now_known = last_;
  verdict::facts& f = now_known.facts;
  if (now_known.timezone.empty()) now_known.timezone = settings_.reconciler.timezone;
  f.accounts_known = accounts_.loaded();
  if (!db_.is_up()) {
    f.now = now();
    f.database_away = db_.is_known(); // before, it is not known to be away
    f.database_away_since = away_since_;
  }
  const auto& depth = spool_.now().depth;
  f.spooled = static_cast<std::int64_t>(depth.rows);
  auto limit = std::max<std::uint64_t>(settings_.receiver.spool_max_bytes, 1);
  f.spool_percent = static_cast<int>(std::min<std::uint64_t>(depth.bytes * 100 / limit, 100));
  f.spool_unusable = spool_unusable_since_ && steady_now() - begun_ >= first_moment;
  f.spool_unusable_since = spool_unusable_since_;
  return now_known;
}

void overview_board::note_programs() {
  if (db_.is_up())
    away_since_.reset();
  else if (!away_since_)
    away_since_ = now();
  if (spool_.accepts())
    spool_unusable_since_.reset();
  else if (!spool_unusable_since_)
    spool_unusable_since_ = now();
}

task<void> overview_board::watch() {
  for (;;) {
    note_programs();
    co_await runtime::sleep_for(watch_every);
  }
}

} // namespace suivi::receiver
