// Makes a shipment of a Guepex parcel.
#include "common/guepex/shipment.hpp"

namespace suivi::guepex {
namespace {

shipment made_of(const std::optional<std::string>& tracking, const std::optional<std::string>& reference,
                 const std::optional<shop_status>& status, const std::optional<std::string>& reason) {
  shipment made;
  made.courier = courier_kind::guepex;
  made.uuid = tracking;
  made.tracking = tracking;
  made.reference = reference;
  if (status) made.status = parcel_state(status->text);
  if (status && reason && is_alert(status->text)) made.alert_reason = {true, reason};
  return made;
}

} // namespace

shipment to_shipment(const parcel& row) {
  shipment made = made_of(row.tracking, row.reference, row.status, row.reason);
  made.status_at = row.status_at;
  made.created_at = row.created_at;
  made.metadata = row.metadata;
  return made;
}

shipment to_shipment(const event& event_read) {
  shipment made = made_of(event_read.tracking, event_read.reference, event_read.status, event_read.reason);
  made.status_at = event_read.occurred_at;
  made.created_at = event_read.created_at;
  return made;
}

} // namespace suivi::guepex
