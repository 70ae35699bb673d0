// The simulator's own face, /control/…: reads the truth, changes settings, makes things happen. For tests and
// the demo; README.md of this folder shows the bodies.
#pragma once

#include "tests/maystro_sim/courier/courier.hpp"
#include "tests/maystro_sim/courier/pusher.hpp"

namespace suivi::sim {

[[nodiscard]] http::response control(courier& of, pusher& push, const http::request& request, instant now);

} // namespace suivi::sim
