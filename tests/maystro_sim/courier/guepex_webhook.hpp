// What Guepex tells by webhook. Pure.
#pragma once

#include "tests/maystro_sim/world/world.hpp"

#include <string>
#include <string_view>

namespace suivi::sim {

// One element of `events`; a parcel just created is told without a status.
[[nodiscard]] std::string guepex_event(const parcel_view& parcel, std::string_view id, bool created,
                                       bool with_reference);
// A POST's body: `events` are elements with commas between them.
[[nodiscard]] std::string guepex_delivery(std::string_view type, std::string_view events);

} // namespace suivi::sim
