// What the door's fast path has left open. Pure.
//
// Nearly every observation tells a reference that is some order's and the parcel's uuid: then that order,
// locked, and the parcels of both are all that is needed, and the door has them after one round trip. For the
// others it searches further.
#pragma once

#include "common/decision/options.hpp"
#include "common/decision/snapshot.hpp"

#include <span>
#include <vector>

namespace suivi::shop {

// The observations that cannot be decided by these rows alone.
[[nodiscard]] std::vector<observation>
not_settled(const snapshot& rows, std::span<const observation> observations, bool adopt_unassigned);

// `later` was read after `rows`, in the same transaction: its rows count where both have one.
void add_rows(snapshot& rows, snapshot later);

} // namespace suivi::shop
