// Counting what the door said of a sweep's rows. Pure.
#pragma once

#include "common/decision/observation.hpp"
#include "common/shop/sweep_report.hpp"
#include "reconciler/plan/seen_set.hpp"

namespace suivi::reconciler {

// Counts verdicts of the door: one parcel once, one order's tracking number and one order's change of state
// once, however often a row was read and, in a dry run, which writes nothing, would have been written.
class tally {
 public:
  // The verdict on the row whose identity_hash is `parcel`. `busy` is no verdict: the row comes again.
  void count(std::uint64_t parcel, const shop::verdict& v);
  // A row that never got a verdict because it stayed locked: nothing is known of its order, so it is
  // unmatched.
  void count_undecided(std::uint64_t parcel);

  // A row whose order the database would not take, even alone.
  void count_refused(std::uint64_t parcel) { move(parcel, refused); }

  // Whether a row of that identity was counted.
  [[nodiscard]] bool saw(std::uint64_t parcel) const { return parcels_.contains(parcel); }

  // Puts the numbers into `r`; `unreadable` rows come from the plan.
  void write_into(shop::sweep_report& r, std::int64_t unreadable) const;

 private:
  enum state : seen_set::mark {
    undecided = 0,
    unmatched = 1,
    conflict = 2,
    unchanged = 3,
    stale = 4,
    applied = 5,
    waiting = 6,
    refused = 7
  };
  void move(std::uint64_t parcel, state to);
  void note_changes(const shop::verdict& v);

  seen_set parcels_;
  seen_set orders_; // changed ones, by hash of their id; a mark's bit 0: got a tracking number, bit 1: its
                    // state changed
  std::int64_t by_state_[8] = {}; // by state
  std::int64_t backfilled_ = 0;
  std::int64_t status_changed_ = 0;
};

} // namespace suivi::reconciler
