// Makes a shipment of a Nord West answer.
#include "common/nord_west/shipment.hpp"

#include <utility>

namespace suivi::nord_west {

shipment to_shipment(const parcel& answered, std::string reference) {
  shipment made;
  made.courier = courier_kind::nord_west;
  made.uuid = answered.tracking;
  made.tracking = answered.tracking;
  made.reference = std::move(reference);
  if (answered.state) made.status = parcel_state(answered.state->text);
  made.status_at = answered.state_at;
  made.created_at = answered.created_at;
  made.metadata = answered.metadata;
  return made;
}

} // namespace suivi::nord_west
