// A Nord West parcel in the words that all couriers share. Its tracking number is its identity as well; it is
// the shop's, and never written there.
#pragma once

#include "common/nord_west/tracking_answer.hpp"
#include "common/shipment/shipment.hpp"

#include <string>

namespace suivi::nord_west {

// `reference`: of the shop's order that bears the tracking number; the courier's own may be another.
[[nodiscard]] shipment to_shipment(const parcel& answered, std::string reference);

} // namespace suivi::nord_west
