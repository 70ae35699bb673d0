// The couriers' parts by the courier's value, and what is asked of them most. Pure.
#pragma once

#include "common/shipment/courier_part.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace suivi::courier {

// In the order of suivi::couriers.
[[nodiscard]] std::span<const courier_part* const> all_parts();
[[nodiscard]] const courier_part& part_of(courier_kind which);

[[nodiscard]] capabilities capabilities_of(courier_kind courier);
// All that the courier asks for is there.
[[nodiscard]] bool is_complete(const credentials& who);
// They reach the same account at the same place.
[[nodiscard]] bool same(const credentials& a, const credentials& b);
// What a stored webhook tells of parcels. Of a courier whose states are texts; of others none.
[[nodiscard]] std::vector<reported_state> reported_states(courier_kind of, std::string_view raw);

} // namespace suivi::courier
