// What Maystro says of one parcel, whichever way it said it: a list row, a single order or a webhook.
#pragma once

#include "common/shipment/shipment.hpp"

#include <boost/json/object.hpp>

namespace suivi::maystro {

using suivi::field;
using suivi::shipment;
using suivi::tracking_strength;

// A row of `stores/orders/`, or the answer of `stores/orders/{uuid}/`. Never fails: what cannot be read is
// absent.
[[nodiscard]] shipment read_row(const boost::json::object& row);

} // namespace suivi::maystro
