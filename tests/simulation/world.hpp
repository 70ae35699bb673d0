// All couriers, a shop that ships with them, two receivers and two reconcilers. Hours of trouble alternate
// with hours of rest; at the end of each rest every order must show the truth, and every acknowledged message
// must be in the events.
#pragma once

#include "tests/simulation/sim_receiver.hpp"
#include "tests/simulation/sim_reconciler.hpp"

namespace suivi::simulation {

struct summary {
  std::int64_t hours = 0, parcels = 0, acknowledged = 0, applied = 0, crashes = 0, stale_writes_refused = 0,
               rests = 0;
  sweep_counts sweeps;
};

// Throws a violation.
[[nodiscard]] summary simulate(std::uint64_t seed, int hours);

} // namespace suivi::simulation
