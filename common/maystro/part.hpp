// What this folder hands to everybody else, its API apart.
#pragma once

#include "common/shipment/courier_part.hpp"

namespace suivi::maystro {

[[nodiscard]] const courier::courier_part& part();

} // namespace suivi::maystro
