// Keeps the last overview: two queries, and what the receiver knows by itself.
#include "receiver/api/overview/overview_board.hpp"

#include "common/shop/problems/clock_record.hpp"
#include "common/shop/problems/problem_facts.hpp"
#include "common/shop/samples.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds good_for_min = 300ms;
constexpr milliseconds good_for_max = 3s;
constexpr milliseconds watch_every = 500ms;
// For a connection, and for each answer: whoever asks waits less than Prometheus does, though the shop's
// tables be locked.
constexpr milliseconds patience = 3s;
// The spool is opened a moment after the start.
constexpr milliseconds first_moment = 5s;

} // namespace

milliseconds overview_good_for(milliseconds reading_took) {
  constexpr int times_its_cost = 5;
  return std::clamp(reading_took * times_its_cost, good_for_min, good_for_max);
}

overview_board::overview_board(const config::settings& s, database_monitor& db, account_registry& accounts,
                               pg::pool& connections, const spool& instead)
    : settings_(s), db_(db), accounts_(accounts), connections_(connections), spool_(instead),
      begun_(steady_now()) {}

task<result<overview>> overview_board::latest() {
  if (steady_now() - read_at_ >= overview_good_for(took_) && db_.is_up()) {
    co_await accounts_.refresh();
    steady_time begun = steady_now();
    auto found = co_await read();
    if (found) {
      last_ = std::move(*found);
      read_at_ = steady_now();
      took_ = std::chrono::duration_cast<milliseconds>(read_at_ - begun);
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
  auto lease = co_await connections_.acquire(steady_now() + patience);
  if (!lease) co_return lease.error();
  pg::connection& db = **lease;
  auto usual_limit = db.answer_within(patience);
  auto found = co_await read_from(db, std::move(accounts), std::move(ids));
  db.answer_within(usual_limit);
  co_return found;
}

task<result<overview>> overview_board::read_from(pg::connection& db,
                                                 std::vector<shop::known_account> accounts,
                                                 std::vector<std::string> ids) {
  auto sampled = co_await shop::refresh_small_sample(db);
  if (!sampled) co_return sampled.error();
  auto facts = co_await shop::read_problem_facts(db, std::move(accounts));
  if (!facts) co_return facts.error();
  auto figures = co_await read_overview_figures(db, std::move(ids));
  if (!figures) co_return figures.error();
  overview found;
  found.as_of = facts->now;
  found.timezone = figures->timezone.value_or(settings_.reconciler.timezone);
  found.facts = std::move(*facts);
  co_await shop::record_clocks(db, found.facts, clocks_apart_since_);
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
