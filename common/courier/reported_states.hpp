// What a stored webhook tells of parcels, whichever courier sent it. Pure.
#pragma once

#include "common/shipment/courier.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace suivi::courier {

struct reported_state {
  std::string tracking;
  std::string text; // as the shop's tables hold it
};

// Of a courier whose states are texts; of others none.
[[nodiscard]] std::vector<reported_state> reported_states(courier_kind of, std::string_view raw);

} // namespace suivi::courier
