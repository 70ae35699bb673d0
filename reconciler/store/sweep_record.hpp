// What the reconciler writes down: leases with their terms, sweep reports, watermarks, statistics.
//
// Every call may be repeated. A lease is taken for `lease_time` by PostgreSQL's clock; taking one over raises
// the term.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shop/sweep_report.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

inline constexpr milliseconds lease_time{20'000};
inline constexpr milliseconds lease_renewal{1'000}; // the report shows how far the sweep has come as often

struct lease {
  std::string account;
  std::int64_t term = 0;
};

// nullopt: somebody holds it. `owner` names this process, for people.
task<result<std::optional<lease>>> take_lease(pg::connection& db, std::string account, std::string name,
                                              std::string owner);
task<result<void>> free_lease(pg::connection& db, lease held);

// The report's row, as that of a sweep killed before its end. Fails with "sqlstate:SV002" where the term has
// passed.
task<result<std::int64_t>> begin_sweep(pg::connection& db, lease held, std::string name, std::string kind);

// Keeps the lease and notes how far the sweep has come. False: the lease is lost.
task<result<bool>> keep_lease(pg::connection& db, lease held, std::int64_t sweep, report so_far,
                              std::optional<std::int64_t> rows_expected);

// For door.hpp's `also`: the door's transaction fails unless the term is still held.
void add_hold_term(pg::pipeline& closing, const lease& held);

// Orders seen before whose state this sweep changed, and no webhook received until now tells that state.
task<result<std::int64_t>> count_missed(pg::connection& db, std::int64_t sweep);

struct request_counts {
  std::int64_t requests = 0, good = 0, bad = 0;
  std::optional<instant> last; // of our clock
};

// One transaction: the report, the watermark if it is complete, the account's statistics in the shop's table
// (not where the account comes from the environment) and the freeing of the lease. "sqlstate:SV002" where the
// term has passed.
task<result<void>> end_sweep(pg::connection& db, lease held, std::int64_t sweep, report r,
                             request_counts counts, bool from_environment,
                             std::optional<std::string> problem);
// Where the term has passed: the report alone, without watermark.
task<result<void>> end_lost_sweep(pg::connection& db, std::int64_t sweep, report r);

// Events that wait for their order get another try at once.
task<result<void>> wake_parked(pg::connection& db);

struct known_sweep {
  report r;
  bool running = false; // not finished, and its lease is still held
  std::optional<std::int64_t> rows_expected;
};
// Newest first.
task<result<std::vector<known_sweep>>> last_sweeps(pg::connection& db, std::int64_t most);

struct known_account {
  std::string id, name;
  bool leased = false;
  std::optional<instant> full_watermark, incremental_watermark, heard_at;
  std::optional<std::string> problem;
};
task<result<std::vector<known_account>>> known_accounts(pg::connection& db);

// When each account's last full sweep started, among those that came to their own end: one that was killed,
// stopped or lost its lease stands for no scheduled run.
task<result<std::map<std::string, instant>>> last_full_starts(pg::connection& db);
// The same of sweeps of either kind.
task<result<std::map<std::string, instant>>> last_starts(pg::connection& db);

// When the account's last complete sweep of either kind started: what was created before, less an overlap,
// has been read.
task<result<std::optional<instant>>> newest_watermark(pg::connection& db, std::string account);

} // namespace suivi::reconciler
