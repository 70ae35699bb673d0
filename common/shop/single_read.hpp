// One parcel, or all parcels of one reference, read from the courier, verified, and brought through the door.
#pragma once

#include "common/courier/courier_api.hpp"
#include "common/door/door.hpp"
#include "common/pg/pool.hpp"

#include <vector>

namespace suivi::shop {

// What a row of a list, or an answer for one parcel, says; `account` and what caused the read are the
// caller's to set.
[[nodiscard]] observation observe(shipment row, source as, pull_kind kind, const courier::response_meta& how,
                                  milliseconds read_lag);

// What the courier shows of `wanted`, as observations from `as`. By uuid: that parcel, and the answer's uuid
// must be the one asked for ("courier:malformed" else). By reference: every row of the answer whose reference
// is the one asked for, for the courier may ignore its filter; where none is, "courier:not_found". Rows
// without a usable status are left out.
task<courier::answer<std::vector<observation>>>
read_parcels(courier::courier_api& courier, wanted_read wanted, source as, milliseconds read_lag);

// Reads and applies. The content is the door's verdicts, one a parcel; an order or parcel that stays locked
// for a second is a transient error ("shop:busy"). Nothing of the database is held while the courier is
// asked.
task<courier::answer<std::vector<verdict>>> read_and_apply(courier::courier_api& courier,
                                                           pg::pool& connections, wanted_read wanted,
                                                           source as, door_options options);

} // namespace suivi::shop
