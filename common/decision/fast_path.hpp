// What the door's fast path has left open. Pure.
//
// Nearly every observation tells a reference that is some order's and the uuid of one of its parcels: then
// that order, locked, and its parcels are all that is needed, and the door has them after one round trip.
// Where the order has no such parcel, the uuid is looked for; what is open then, the door searches further.
#pragma once

#include "common/decision/options.hpp"
#include "common/decision/snapshot.hpp"

#include <span>
#include <string>
#include <vector>

namespace suivi::shop {

// The uuids told of locked orders that have no such parcel of that account: it is new, or another order's.
[[nodiscard]] std::vector<std::string>
uuids_not_met(const snapshot& rows, std::span<const observation> observations, bool adopt_unassigned);

// The observations that cannot be decided by these rows alone, once the parcels of uuids_not_met() are among
// them.
[[nodiscard]] std::vector<observation>
not_settled(const snapshot& rows, std::span<const observation> observations, bool adopt_unassigned);

// `later` was read after `rows`, in the same transaction: its rows count where both have one.
void add_rows(snapshot& rows, snapshot later);

} // namespace suivi::shop
