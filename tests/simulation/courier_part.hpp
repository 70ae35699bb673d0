// What differs between the couriers of a world: how their parcels move, what their rows say and how a shop
// that shows one tells how far it is. What they can do is asked of the product itself
// (courier::capabilities_of).
#pragma once

#include "common/courier_list/parts.hpp"
#include "common/decision/snapshot.hpp"
#include "tests/simulation/timeline.hpp"

#include <optional>
#include <span>
#include <string>

namespace suivi::simulation {

struct courier_part {
  courier_kind kind;
  courier::capabilities can;
  parcel_state made;                            // the first state of every parcel
  bool tells_since_when;                        // a parcel is in its state; and no reason of an alert
  bool has_display_ids;                         // beside the id; and a tracking number that is not the id
  std::size_t page_rows;                        // of a list, or the numbers of one request
  bool (*goes_back)(const parcel_state& state); // the shop may ship the order again
  // What follows a state; itself where nothing does.
  parcel_state (*next)(const parcel_state& now, timeline& t);
};

[[nodiscard]] const courier_part& part_of(courier_kind which);

} // namespace suivi::simulation
