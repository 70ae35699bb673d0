// Sweeps: their reports, one asked for, and what the worker does.
#pragma once

#include "common/pg/connection.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

// Reports as the reconciler prints them (contract § 5), with `running`, newest first.
task<result<std::vector<boost::json::object>>> read_sweeps(pg::connection& db, std::int64_t limit);
// Also one that was asked for and has not begun.
task<result<std::optional<boost::json::object>>> read_sweep(pg::connection& db, std::int64_t id);

struct requested_sweep {
  enum class answer { requested, running, no_reconciler };
  answer result = answer::no_reconciler;
  std::vector<std::int64_t> ids; // of the new ones, or of the one that runs
  std::string account;           // of the one that runs
};
task<result<requested_sweep>> ask_for_sweeps(pg::connection& db, std::vector<std::string> accounts,
                                             std::string kind);

struct scheduler_state {
  bool there = false; // seen within 30 seconds
  std::optional<instant> started_at, stopped_at;
  std::int64_t sweeping = 0;
  std::optional<instant> last_start;
  std::optional<boost::json::object> last_finished; // the report, with `finishedAt`
};
task<result<scheduler_state>> read_scheduler(pg::connection& db);

// Of a row whose first columns are suivi.sweep_shown's report, seconds and running.
[[nodiscard]] boost::json::object report_of_row(const pg::rows& found, std::size_t i);
[[nodiscard]] double rounded_seconds(double seconds); // to the millisecond

} // namespace suivi::receiver
