// Rows of orders and parcels as the door's statements answer them.
#pragma once

#include "common/decision/snapshot.hpp"
#include "common/pg/rows.hpp"

#include <cstddef>

namespace suivi::shop {

// From the first column on.
[[nodiscard]] order_row read_order(const pg::rows& rows, std::size_t i);
inline constexpr std::size_t order_columns_plain = 11; // then one of metadata for each courier
inline constexpr std::size_t order_columns_read = order_columns_plain + couriers.size();

// From column `first` on.
[[nodiscard]] parcel_row read_parcel(const pg::rows& rows, std::size_t i, std::size_t first = 0);

} // namespace suivi::shop
