// Which of an order's parcels the order shows, and what its row then says. Pure.
#pragma once

#include "common/decision/snapshot.hpp"

#include <span>
#include <vector>

namespace suivi::shop {

// The newest by the courier's created_at (equal: the greater uuid) among those that do not go back; if all go
// back, the newest of all. A parcel without created_at counts only where it is the only one. Null if none
// counts.
// Where the shop itself says the tracking number, the parcel that bears it.
[[nodiscard]] parcel_row* current_parcel(std::span<parcel_row* const> of_one_order, const order_row& order);

// The order's columns as the parcel says them; what the parcel does not know stays. `metadata` is used where
// not empty.
[[nodiscard]] order_columns columns_showing(const parcel_row& parcel, const order_row& order,
                                            const std::string& metadata);

// Equal as JSON, whatever the spelling.
[[nodiscard]] bool same_json(const std::optional<std::string>& a, const std::optional<std::string>& b);

// What differs, by the columns' names.
[[nodiscard]] std::vector<change> differences(const order_columns& from, const order_columns& to);

} // namespace suivi::shop
