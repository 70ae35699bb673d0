// What is known of sweeps and accounts from before: the last reports, when sweeps started, watermarks. Reads
// only.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shop/sweep_report.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct known_sweep {
  shop::sweep_report r;
  bool running = false; // not finished, and its lease is still held
};
// Of each account and each kind the newest `limit`, newest first: however many incremental ones there are,
// the full ones are among them.
task<result<std::vector<known_sweep>>> last_sweeps(pg::connection& db, std::vector<std::string> accounts,
                                                   std::int64_t limit);

// By reference (unmatched ones else by the courier's id): what the account's last full sweep could not bring
// to an order.
struct left_out_orders {
  std::vector<std::string> conflicting; // the order is another account's
  std::vector<std::string> refused;     // the database would not take the row
  std::vector<std::string> unmatched;   // no order here; the first thousand that the sweep met
};
task<result<left_out_orders>> orders_left_out(pg::connection& db, std::string account);

struct known_account {
  std::string id, name;
  bool leased = false;
  std::optional<instant> full_watermark, incremental_watermark, last_webhook_at;
  std::optional<std::string> problem;
  std::optional<instant>
      problem_since; // the first sweep that was incomplete since one of its kind was complete
};
task<result<std::vector<known_account>>> known_accounts(pg::connection& db);

// What the schedule goes by, asked in one statement, so that all times are of the database's clock.
struct account_starts {
  std::optional<instant> full, any; // last starts, among sweeps that came to their own end
  std::optional<instant> full_ended;
  int incomplete_fulls = 0;      // in a row, the newest ones; four are as many as any more
  milliseconds courier_pause{0}; // so long the courier still wants to be left alone
};
struct sweep_starts {
  instant now{};
  std::map<std::string, account_starts> accounts;
};
task<result<sweep_starts>> read_sweep_starts(pg::connection& db);

// When each account's last full sweep started, among those that came to their own end: one that was killed,
// stopped or lost its lease stands for no scheduled run.
task<result<std::map<std::string, instant>>> last_full_starts(pg::connection& db);
// The same of sweeps of either kind.
task<result<std::map<std::string, instant>>> last_starts(pg::connection& db);

// How long ago the account's last complete sweep of either kind started: what was created before, less an
// overlap, has been read. Negative where the database's clock was set back since.
task<result<std::optional<milliseconds>>> watermark_age(pg::connection& db, std::string account);

// Whether a worker showed itself within `age_max` and has not said good-bye, and when one did last.
struct worker_sign {
  bool is_fresh = false;
  std::optional<instant> last;
};
task<result<worker_sign>> last_worker_sign(pg::connection& db, milliseconds age_max);

} // namespace suivi::reconciler
