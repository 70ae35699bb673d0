// What its states mean for an order.
#pragma once

#include "common/shipment/state_meanings.hpp"

namespace suivi::guepex {

[[nodiscard]] const state_meanings& meanings();

} // namespace suivi::guepex
