// Loops that poll the database for orphaned and parked events.
#include "receiver/apply/pollers.hpp"

#include "common/log/log.hpp"
#include "receiver/inbox/parked.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/inbox/ranges.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds claim_orphans_every = 500ms;
constexpr milliseconds claim_backlog_every = 20ms;
constexpr milliseconds parked_every = 10s;
constexpr int scan_every = 2;         // … of those rounds also reads the shop's unindexed columns
constexpr std::size_t batch_max = 64; // each may be as large as receiver.max_body
constexpr std::size_t plenty = 1'000; // in hand: the lanes lack nothing until the next look

} // namespace

pollers::pollers(asio::any_io_executor executor, database_monitor& db, apply_lane& events)
    : db_(db), events_(events), hurried_(std::move(executor)) {}

void pollers::hurry() {
  hurried_.notify();
}

// The monitor tells of a database that is away; this, until it works again, of one that refuses.
void pollers::note_look(const std::optional<error>& failed) {
  bool refused = failed && failed->kind == failure::permanent;
  if (refused && !logged_)
    log::warn("events that wait cannot be read, they are tried again", {{"error", to_string(*failed)}});
  logged_ = refused;
}

task<std::optional<error>> pollers::renew_waiting_ranges() {
  std::vector<std::int64_t> ranges = events_.waiting_ranges();
  if (!db_.is_up() || ranges.empty()) co_return std::nullopt;
  auto db = co_await db_.connections().acquire(steady_clock::now() + 5s);
  if (!db) co_return std::nullopt;
  auto& connection = **db;
  auto renewed = co_await renew_ranges(connection, events_.owner(), std::move(ranges));
  if (!renewed) co_return renewed.error(); // whoever finds one lapsed opens it
  co_return std::nullopt;
}

// What was stored while the database was asked is seen by the next round. Answers whether there may be more,
// and much room for it.
task<bool> pollers::claim_backlog(std::optional<error>& failed) {
  if (!db_.is_up() || events_.free_capacity() == 0) co_return false;
  auto db = co_await db_.connections().acquire(steady_clock::now() + 5s);
  if (!db) co_return false;
  auto& connection = **db;
  std::size_t waited = events_.take_backlog();
  auto claimed = co_await claim_ranges(connection, events_.owner(), events_.free_capacity());
  if (!claimed) {
    events_.note_backlog(waited);
    failed = claimed.error();
    co_return false;
  }
  std::size_t taken = 0;
  for (const claimed_range& each : *claimed) taken += each.range.events;
  if (taken > 0) events_.note_backlog(std::max(waited, taken + 1) - taken); // there may be more
  for (claimed_range& each : *claimed) events_.enqueue_range(std::move(each.range), std::move(each.events));
  co_return taken > 0 && events_.in_flight() < plenty;
}

// Answers whether there may be more.
task<bool> pollers::claim_single_events(std::optional<error>& failed) {
  std::size_t limit = std::min(batch_max, events_.free_capacity());
  if (!db_.is_up() || limit == 0) co_return false;
  auto db = co_await db_.connections().acquire(steady_clock::now() + 5s);
  if (!db) co_return false;
  auto& connection = **db;
  auto found = co_await claim(connection, events_.owner(), limit);
  if (!found) {
    failed = found.error();
    co_return false;
  }
  bool more = found->size() == limit;
  events_.enqueue(std::move(*found));
  co_return more;
}

task<void> pollers::claim_orphans() {
  for (;;) {
    std::optional<error> failed = co_await renew_waiting_ranges();
    bool more = false;
    if (!events_.is_finishing()) { // else it is others' to apply
      bool more_ranges = co_await claim_backlog(failed);
      bool more_events = co_await claim_single_events(failed);
      more = more_ranges || more_events;
    }
    note_look(failed);
    if (more) continue;
    milliseconds pause = events_.has_backlog() && !failed ? claim_backlog_every : claim_orphans_every;
    co_await hurried_.wait_until(steady_clock::now() + pause);
  }
}

task<void> pollers::wake_parked_events() {
  for (int round = 0;; ++round) {
    co_await runtime::sleep_for(parked_every);
    if (!db_.is_up()) continue;
    auto db = co_await db_.connections().acquire(steady_clock::now() + 5s);
    if (!db) continue;
    auto& connection = **db;
    auto woken = co_await wake_parked(connection, false);
    if (!woken) {
      log::warn("parked events could not be read", {{"error", to_string(woken.error())}});
      continue;
    }
    auto count = *woken;
    if (round % scan_every == 0) {
      auto by_scan = co_await wake_parked(connection, true);
      if (by_scan) count += *by_scan;
    }
    if (count > 0) hurry();
  }
}

} // namespace suivi::receiver
