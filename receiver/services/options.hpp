// What the settings mean for the parts of the receiver that are made from them.
#pragma once

#include "common/config/settings.hpp"
#include "common/decision/options.hpp"
#include "common/pg/connection.hpp"

namespace suivi::receiver {

[[nodiscard]] shop::door_options door_options(const config::settings& s);
[[nodiscard]] pg::connect_options connect_options(const config::settings& s);

} // namespace suivi::receiver
