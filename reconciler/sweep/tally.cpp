// Counts each parcel in exactly one class. A later verdict moves it.
#include "reconciler/sweep/tally.hpp"

namespace suivi::reconciler {

void tally::move(std::uint64_t parcel, state to) {
  constexpr seen_set::mark none = 63;
  seen_set::mark from = parcels_.find(parcel, none);
  if (from != none) --by_state_[from];
  parcels_.set(parcel, to);
  ++by_state_[to];
}

void tally::note_changes(const shop::verdict& v) {
  constexpr seen_set::mark got_tracking = 1, changed_state = 2;
  if (v.changes.empty()) return;
  const std::uint64_t order = text_hash(v.order_id);
  const seen_set::mark before = orders_.find(order, 0);
  seen_set::mark after = before;
  for (const shop::change& c : v.changes) {
    if (c.field == "trackingNumber" && (!c.from || c.from->empty()) && c.to && !c.to->empty())
      after |= got_tracking;
    if (c.field == "shippingStatus") after |= changed_state;
  }
  if (after == before) return;
  orders_.set(order, after);
  if ((after & ~before) & got_tracking) ++backfilled_;
  if ((after & ~before) & changed_state) ++status_changed_;
}

void tally::count(std::uint64_t parcel, const shop::verdict& v) {
  if (v.outcome == shop::outcome::busy) return;
  note_changes(v);
  state now = undecided;
  switch (v.outcome) {
  case shop::outcome::applied:
    now = applied;
    break;
  case shop::outcome::unchanged:
    now = unchanged;
    break;
  case shop::outcome::stale:
    now = stale;
    break;
  case shop::outcome::unmatched:
    now = unmatched;
    break;
  case shop::outcome::conflict:
    now = conflict;
    break;
  case shop::outcome::in_doubt:
    now = waiting;
    break;
  case shop::outcome::busy:
    return;
  }
  seen_set::mark before = parcels_.find(parcel, undecided);
  // A row read again says nothing new of what this sweep has written, unless it was in doubt until then.
  if (before == applied && (now == unchanged || now == stale || now == waiting)) return;
  move(parcel, now);
}

void tally::count_undecided(std::uint64_t parcel) {
  if (parcels_.contains(parcel)) return;
  move(parcel, unmatched);
}

void tally::write_into(shop::sweep_report& r, std::int64_t unreadable) const {
  r.backfilled = backfilled_;
  r.status_changed = status_changed_;
  r.unchanged = by_state_[unchanged];
  r.stale = by_state_[stale];
  r.unmatched = by_state_[unmatched] + by_state_[undecided];
  r.conflicts = by_state_[conflict];
  r.matched =
      by_state_[applied] + by_state_[unchanged] + by_state_[stale] + by_state_[waiting] + by_state_[refused];
  r.refused = by_state_[refused];
  r.unreadable = unreadable;
  r.fetched = r.matched + r.unmatched + r.conflicts + r.unreadable;
}

} // namespace suivi::reconciler
