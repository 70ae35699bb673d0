// What a parcel's state means for its order, whichever courier it is of. Pure.
#pragma once

#include "common/shipment/courier.hpp"
#include "common/shipment/parcel_state.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::shop {

// What goes into the shop's "shippingStatus".
[[nodiscard]] std::string shown_text(const parcel_state& state);
[[nodiscard]] bool is_delivered(courier_kind of, const parcel_state& state);
// What an untimed webhook must not take a parcel out of, and an unsigned one must not claim alone where
// receiver.confirm = "terminal".
[[nodiscard]] bool is_terminal(courier_kind of, const parcel_state& state);
// Nothing follows: it needs no more looking at.
[[nodiscard]] bool is_final(courier_kind of, const parcel_state& state);
// The shop's texts of those states, all of them.
[[nodiscard]] std::vector<std::string> final_texts(courier_kind of);
// A parcel that goes back; an order shipped again shows another one.
[[nodiscard]] bool is_returning(courier_kind of, const parcel_state& state);
// The courier tells alerts by the state itself: each of its states is one, or ends one.
[[nodiscard]] bool has_alert_states(courier_kind of);
// And this is one.
[[nodiscard]] bool is_alert(courier_kind of, const parcel_state& state);
// The parcel's identity at the courier goes into the shop's "maystroOrderId".
[[nodiscard]] bool shows_identity(courier_kind of);
// The shop itself says which parcel an order shows, by the order's tracking number; the courier knows nothing
// else of the order.
[[nodiscard]] bool is_named_by_the_shop(courier_kind of);
// What the shop's column shows is terminal and another state than `state`, or comes later in a parcel's usual
// course.
[[nodiscard]] bool is_before(courier_kind of, const parcel_state& state, std::string_view shipping_status);

// It has a text of its own; else the shop shows it as the courier says it.
[[nodiscard]] bool is_known(courier_kind of, const parcel_state& state);

// What the system before Suivi wrote where it had not understood the courier counts as not set.
[[nodiscard]] bool is_set(const std::optional<std::string>& shipping_status);

} // namespace suivi::shop
