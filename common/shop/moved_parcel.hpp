// A parcel that was told to be another order's, where that order cannot be written.
#pragma once

#include "common/door/door.hpp"
#include "common/pg/pool.hpp"

namespace suivi::shop {

// Keeps what `reported` says of the parcel's order and nothing else, so that its next word is not written to
// the order that it was taken from. What told it is tried again, and with it this.
task<result<void>> keep_moved_link(pg::pool& connections, observation reported, door_options options);

} // namespace suivi::shop
