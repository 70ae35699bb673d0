// A parcel as the courier's list shows it: every field anybody has seen, customers visibly invented.
#pragma once

#include "tests/maystro_sim/world/world.hpp"

#include <boost/json/object.hpp>

namespace suivi::sim {

// ISO 8601 with microseconds and Algeria's offset: `2026-01-31T10:30:00.123456+01:00`.
[[nodiscard]] std::string local_time(instant t);

[[nodiscard]] boost::json::object row(const parcel_view& parcel);

} // namespace suivi::sim
