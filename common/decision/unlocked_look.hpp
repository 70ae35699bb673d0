// Which observations change nothing at all, by rows that were read in one statement and not locked. Pure.
//
// Such an observation needs no lock: nothing is written for it, so it is as if it had come at the moment of
// that read, before whatever others write at the same time. Only those count that have no order, no parcel
// and no name in common with one that is still to be decided under locks: these keep their order among each
// other.
#pragma once

#include "common/decision/decide.hpp"
#include "common/decision/options.hpp"
#include "common/decision/snapshot.hpp"

#include <span>
#include <vector>

namespace suivi::shop {

// Tells by each verdict whether it needs no lock.
void mark_unlocked(decision& decided);

struct looked_over {
  std::vector<verdict> verdicts;      // one for each observation, in their order; empty where not settled
  std::vector<observation> unsettled; // in their order
  std::vector<std::size_t> places;    // … of those among all
};

// `rows`: the orders that were told by their references, with all their parcels, all of them as if locked.
[[nodiscard]] looked_over look_over(const snapshot& rows, std::span<const observation> observations,
                                    const door_options& options);

} // namespace suivi::shop
