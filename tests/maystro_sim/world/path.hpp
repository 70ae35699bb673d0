// The way of a parcel through the courier's status codes. Nobody documents the transitions; these are
// plausible: 4 → 5 → 6 (→ 11, 12) → 15 → 8 → 9 → 22 → 31 → (32, 42 → 22, 31)* → 41, and from almost anywhere
// 50 → 51 → 10 → 52 or 53.
#pragma once

#include "tests/maystro_sim/world/draw.hpp"

#include <optional>
#include <vector>

namespace suivi::sim {

inline constexpr int first_status = 4;

// nullopt where the way ends (41, 52, 53, and codes that nobody has seen).
[[nodiscard]] std::optional<int> next_status(int status, draw& chance);

// The first `steps` steps from 4, fewer if the way ends before.
[[nodiscard]] std::vector<int> walk(std::size_t steps, draw& chance);

} // namespace suivi::sim
