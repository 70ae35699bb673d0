// What one world is like is drawn once, from its seed. What makes each other worse is drawn together more
// often than by chance.
#pragma once

#include "tests/simulation/faults.hpp"
#include "tests/simulation/timeline.hpp"

namespace suivi::simulation {

[[nodiscard]] ways draw_ways(timeline& t);

} // namespace suivi::simulation
