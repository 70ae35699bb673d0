// What its states mean for an order.
#pragma once

#include "common/shipment/state_meanings.hpp"

namespace suivi::nord_west {

[[nodiscard]] const state_meanings& meanings();

} // namespace suivi::nord_west
