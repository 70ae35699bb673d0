// Chooses which of a parcel's numbers the shop shows.
#include "common/shipment/shipment.hpp"

namespace suivi {

std::pair<std::string, tracking_strength> shipment::best_tracking() const {
  if (tracking) return {*tracking, tracking_strength::tracking_number};
  if (display_id) return {*display_id, tracking_strength::display_id};
  if (uuid) return {*uuid, tracking_strength::uuid};
  return {std::string(), tracking_strength::none};
}

} // namespace suivi
