// The report of a sweep: what was read, what it changed, and whether it was the whole of it. Pure.
//
// Every parcel is counted once, however often its row was read or tried: fetched = matched + unmatched +
// conflicts + unreadable always holds, for `fetched` is made of them.
#pragma once

#include "common/base/time.hpp"
#include "common/shop/observation.hpp"
#include "reconciler/seen.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string>

namespace suivi::reconciler {

struct report {
  std::string id;
  std::string account;
  std::string account_name;
  std::string kind = "full";
  bool complete = false;
  bool cut = false;       // at max_orders
  bool abandoned = false; // stopped, or its lease was lost
  std::optional<std::string> reason;
  instant started_at{};
  double seconds = 0;
  std::int64_t pages = 0, fetched = 0, matched = 0, backfilled = 0, status_changed = 0, unchanged = 0,
               unmatched = 0, conflicts = 0, stale = 0, unreadable = 0, missed_by_webhook = 0, lookups = 0,
               requests = 0, retries = 0, throttled = 0;
};

[[nodiscard]] boost::json::object to_json(const report& r);

// The reports as a table for people.
[[nodiscard]] std::string to_table(std::span<const report> reports);

// Counts verdicts of the door: one parcel once, one order's tracking number and one order's change of state
// once, however often a row was read and, in a dry run, which writes nothing, would have been written.
class tally {
 public:
  // The verdict on the row whose identity_hash is `parcel`. `busy` is no verdict: the row comes again.
  void count(std::uint64_t parcel, const shop::verdict& v);
  // A row that never got a verdict because it stayed locked: nothing is known of its order, so it is
  // unmatched.
  void count_undecided(std::uint64_t parcel);

  // Puts the numbers into `r`; `unreadable` rows come from the plan.
  void write_into(report& r, std::int64_t unreadable) const;

 private:
  enum state : seen_set::mark {
    undecided = 0,
    unmatched = 1,
    conflict = 2,
    unchanged = 3,
    stale = 4,
    applied = 5,
    waiting = 6
  };
  void move(std::uint64_t parcel, state to);
  void note_changes(const shop::verdict& v);

  seen_set parcels_;
  seen_set orders_; // changed ones, by hash of their id; a mark's bit 0: got a tracking number, bit 1: its
                    // state changed
  std::int64_t by_state_[8] = {};
  std::int64_t backfilled_ = 0;
  std::int64_t status_changed_ = 0;
};

} // namespace suivi::reconciler
