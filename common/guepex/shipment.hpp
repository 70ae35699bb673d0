// A Guepex parcel in the words that all couriers share. Its tracking number is its identity as well. A reason
// counts where the state is an alert; the rest of the shop's alert columns follows from states, not from
// rows.
#pragma once

#include "common/guepex/parcel.hpp"
#include "common/guepex/webhook.hpp"
#include "common/shipment/shipment.hpp"

namespace suivi::guepex {

[[nodiscard]] shipment to_shipment(const parcel& row);
// Of an event of kind state or link; a link has no status.
[[nodiscard]] shipment to_shipment(const event& event_read);

} // namespace suivi::guepex
