// Field by field.
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

shipment to_shipment(const event& told) {
  shipment made = made_of(told.tracking, told.reference, told.status, told.reason);
  made.status_at = told.occurred_at;
  made.created_at = told.created_at;
  return made;
}

} // namespace suivi::guepex
