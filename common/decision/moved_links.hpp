// What may be kept of a decision whose order the database will not write: where a parcel belongs.
//
// A parcel that has gone from one order to another must not speak for the former one any longer, whatever
// keeps the other one from being written. Nothing else is kept: its state is told again once that order can
// be written. Pure.
#pragma once

#include "common/decision/decide.hpp"

namespace suivi::shop {

// Of `decided`, the known parcels (`before`) that go to another order, as they were but for that.
[[nodiscard]] decision only_moved_links(decision decided, std::span<const parcel_row> before);

} // namespace suivi::shop
