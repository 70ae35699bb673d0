// A sweep's row from its beginning to its report, and what ends with it: the watermark and the lease. Every
// call may be repeated.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shop/sweep_report.hpp"
#include "reconciler/store/lease.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace suivi::reconciler {

struct begun_sweep {
  std::int64_t id = 0;
  // Somebody asked for it (suivi.sweep_request): the id of the sweep that is begun in its place where this
  // one is killed or stopped.
  std::optional<std::int64_t> again;
};

// The report's row, as that of a sweep killed before its end. Fails with pg::term_passed where the term has
// passed.
task<result<begun_sweep>> begin_sweep(pg::connection& db, lease held, std::string name, std::string kind);

// Renews the lease and records how far the sweep has come, and how many requests are on their way. False: the
// lease is lost.
task<result<bool>> record_progress(pg::connection& db, lease held, begun_sweep sweep,
                                   shop::sweep_report so_far, int in_flight);

// What a full sweep could not bring to an order, in place of what the one before could not; beside it, where
// the sweep did not read its whole list and so says nothing of the rest.
struct left_out_references {
  std::map<std::string, bool> conflicting; // true: refused by the database
  std::set<std::string> unmatched;         // no order has it; else the courier's id
  // None: it was no full sweep, and what is in conflict is told beside what the last full one left out, until
  // the list is read whole again, or a sweep reads that order and the door takes it.
  std::optional<bool> whole;
};

// One transaction: the report, the list of what it left out, the watermark if it is complete, the request for
// it unless it was abandoned, and the freeing of the lease: no report ever stands beside an older list.
// pg::term_passed where the term has passed. `last_answer_at`: the courier's last good answer.
task<result<void>> end_sweep(pg::connection& db, lease held, begun_sweep sweep, shop::sweep_report r,
                             std::optional<instant> last_answer_at, std::optional<std::string> problem,
                             left_out_references left_out = {});
// Where the term has passed: the report alone, without watermark.
task<result<void>> end_lost_sweep(pg::connection& db, std::int64_t sweep, shop::sweep_report r);

// Takes off the list what the sweep has read since and the door has taken, but for what `left_out` names
// again.
task<result<void>> forget_taken(pg::connection& db, std::string account, std::int64_t sweep,
                                left_out_references left_out);

// What the sweep learnt of the account's key.
task<result<void>> record_key(pg::connection& db, std::string account, bool refused);

// Events that wait for their order get another try at once.
task<result<void>> wake_parked(pg::connection& db);

} // namespace suivi::reconciler
