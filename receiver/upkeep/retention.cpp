// Order matters: events given up, then keys, then days, so that a redelivery is never told the id of an event
// that is gone. Pauses leave the database to intake at least half of
// the time.
#include "receiver/upkeep/retention.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/sqlstate/batch_failure.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds poll_every = 1h;
constexpr milliseconds again_after = 1min;  // of what was held up or failed
constexpr milliseconds initial_delay = 10s; // what is pending after a restart gets its chance before
constexpr milliseconds pause_min = 20ms;
constexpr milliseconds pause_max = 1s;
constexpr int lock_attempts = 5; // of a lock that others hold, 100 ms each

pg::connect_options own_options(pg::connect_options options) {
  options.application_name += "-retention";
  return options;
}

// As long as the step took.
task<void> pause_after(steady_time begun) {
  auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  auto pause = std::clamp(took, pause_min, pause_max);
  co_await runtime::sleep_for(pause);
}

} // namespace

retention::retention(pg::connect_options connect, database_monitor& db, receiver_metrics& counts,
                     milliseconds keep)
    : connect_(own_options(std::move(connect))), db_(db), counts_(counts), keep_(keep) {}

task<void> retention::run() {
  bool logged = false;
  for (milliseconds pause = initial_delay;;) {
    co_await runtime::sleep_for(pause);
    pause = initial_delay;
    if (db_.is_up()) {
      auto ended = co_await round();
      pause = ended && *ended != ending::held_up ? poll_every : again_after;
      if (!ended && !logged)
        log::warn("old webhooks could not be dropped", {{"error", to_string(ended.error())}});
      else if (ended && *ended == ending::held_up && !logged)
        log::info("old webhooks stay until nobody holds them any more");
      logged = pause == again_after;
    }
  }
}

task<result<retention::ending>> retention::round() {
  auto db = co_await pg::connection::connect(connect_);
  if (!db) co_return db.error();
  auto free = co_await retention_is_free(*db);
  if (!free) co_return free.error();
  if (!*free) co_return ending::elsewhere;
  auto ended = co_await expire(*db);
  if (!ended && !is_in_the_way(ended.error())) co_return ended;
  co_return ended ? ended : result<ending>(ending::held_up);
}

task<result<retention::ending>> retention::expire(pg::connection& db) {
  auto days = co_await read_days(db);
  if (!days) co_return days.error();
  auto first_kept = first_day_kept(days->now, keep_);
  auto given_up = co_await give_up(db, first_kept);
  if (!given_up) co_return given_up.error();
  auto overdue = co_await count_overdue(db, first_kept);
  if (!overdue) co_return overdue.error();
  if (*overdue > 0) co_return ending::held_up;
  auto strays = co_await has_strays(db, first_kept);
  if (!strays) co_return strays.error();
  auto going = days_to_drop(std::move(days->partitions), first_kept);
  if (going.empty() && !*strays) co_return ending::done;

  std::vector<std::string> tables;
  if (keys_forgotten_before_ < first_kept) tables.emplace_back("suivi.inbox_key");
  if (*strays) tables.insert(tables.end(), {"suivi.inbox_default", "suivi.event_outcome_default"});
  for (const auto& table : tables) {
    auto forgot = co_await forget(db, table, first_kept);
    if (!forgot) co_return forgot.error();
  }
  keys_forgotten_before_ = first_kept;
  for (const auto& day : going) {
    auto dropped = co_await drop(db, day);
    if (!dropped) co_return dropped.error();
    if (!*dropped) co_return ending::held_up; // the next one would be too
  }
  co_return ending::done;
}

task<result<void>> retention::give_up(pg::connection& db, sys_days first_kept) {
  for (;;) {
    auto begun = steady_clock::now();
    auto given_up = co_await give_up_events(db, first_kept);
    if (!given_up) co_return given_up.error();
    if (given_up->empty()) co_return result<void>();
    for (const auto& [state, events] : *given_up) {
      log::warn("events were given up: retention.events passed before they could be applied",
                {{"events", events}, {"were", state}});
      counts_.events_expired.add(static_cast<double>(events));
    }
    co_await pause_after(begun);
  }
}

task<result<void>> retention::forget(pg::connection& db, std::string table, sys_days first_kept) {
  std::int64_t rows = 0;
  int tries = 0;
  for (std::int64_t block = 0;;) {
    auto begun = steady_clock::now();
    auto some = co_await forget_rows(db, table, first_kept, block);
    if (!some && (!is_in_the_way(some.error()) || ++tries >= lock_attempts)) co_return some.error();
    if (some) {
      tries = 0;
      rows += some->rows;
      block += blocks_per_pass;
      if (!some->more) break;
    }
    co_await pause_after(begun);
  }
  log::debug("old rows were deleted", {{"table", table}, {"rows", rows}});
  co_return result<void>();
}

// False: somebody reads it, or the tables are too busy.
task<result<bool>> retention::drop(pg::connection& db, day_partition partition) {
  for (int tries = 1;; ++tries) {
    auto begun = steady_clock::now();
    auto dropped = co_await drop_day(db, partition);
    if (dropped) {
      auto day = format_instant(partition.day).substr(0, 10);
      log::info("a day older than retention.events was dropped", {{"day", day}, {"table", partition.parent}});
      if (partition.parent == "inbox") counts_.days_dropped.add();
    }
    if (!dropped && !is_in_the_way(dropped.error())) co_return dropped.error();
    if (dropped || tries >= lock_attempts) {
      co_await pause_after(begun);
      co_return dropped.has_value();
    }
    auto pause = backoff(tries, 200ms, 2s, jitter()); // intake goes on meanwhile
    co_await runtime::sleep_for(pause);
  }
}

} // namespace suivi::receiver
