// Retention's statements, as verbs; the SQL behind them: common/schema/scripts/0006_retention.sql. And which
// days go: pure.
//
// Each verb is one short transaction and may be repeated. Who has to wait for a lock gives way
// (is_in_the_way()), and tries again later: see gives_way().
#pragma once

#include "common/pg/connection.hpp"

#include <map>
#include <string>
#include <vector>

namespace suivi::receiver {

using std::chrono::sys_days;

// The first day, in UTC, whose webhooks stay: every moment of the days before is older than `keep`. Today
// always stays.
[[nodiscard]] sys_days first_day_kept(instant now, milliseconds keep);

// One day of suivi.inbox or suivi.event_outcome.
struct day_partition {
  std::string parent;
  sys_days day;

  bool operator==(const day_partition&) const = default;
};

// Those of `all` that go: oldest first, a day's webhooks before what became of them.
[[nodiscard]] std::vector<day_partition> days_to_drop(std::vector<day_partition> all, sys_days first_kept);

// The statement found its lock taken for longer than it may wait.
[[nodiscard]] bool is_in_the_way(const error& e);

// False: another process is at a step of retention now. Steps of two processes never run at once, and give
// way.
task<result<bool>> retention_is_free(pg::connection& db);

struct kept_days {
  instant now; // by the database's clock, as the days are
  std::vector<day_partition> partitions;
};
task<result<kept_days>> read_days(pg::connection& db);
// Webhooks or outcomes of days before `first_kept` lie in a default partition.
task<result<bool>> has_strays(pg::connection& db, sys_days first_kept);

// Up to 500 events that could not be applied while they were kept: how many in which state. Empty: no more.
task<result<std::map<std::string, std::int64_t>>> give_up_events(pg::connection& db, sys_days first_kept);
// Events of such days that are still pending: in somebody's hands.
task<result<std::int64_t>> count_overdue(pg::connection& db, sys_days first_kept);

struct forgotten {
  std::int64_t rows = 0;
  bool more = false;
};
// Rows of days before `first_kept` in `blocks_per_pass` blocks of the table from `first_block` on.
inline constexpr std::int64_t blocks_per_pass = 32;
task<result<forgotten>> forget_rows(pg::connection& db, std::string table, sys_days first_kept,
                                    std::int64_t first_block);

task<result<void>> drop_day(pg::connection& db, day_partition partition);

} // namespace suivi::receiver
