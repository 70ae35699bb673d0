// A row of a courier's list, as far as the plans of sweeps need it, and what times of creation tell of the
// order of such rows. Pure.
#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace suivi::reconciler {

struct listed_row {
  std::uint64_t hash = 0; // identity_hash
  // Since when it is in the list: its creation, or its last change where the list is of what changed.
  std::optional<instant> created_at;
};

// Rows that were created within it may stand in any order.
inline constexpr std::chrono::minutes order_tolerance{1};
// Whether the rows of one page stand newest first, as far as they tell when they were created. What ends
// before the end of the list (at max_orders, at a horizon) relies on it.
[[nodiscard]] bool is_newest_first(std::span<const listed_row> rows);
// Of those that tell it. nullopt: none does.
[[nodiscard]] std::optional<instant> newest_of(std::span<const listed_row> rows);

} // namespace suivi::reconciler
