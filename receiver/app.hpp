// The receiver put together: what owns what, who starts whom, and how all of it ends.
#pragma once

#include "common/config/settings.hpp"
#include "common/shop/door.hpp"

namespace suivi::receiver {

// Serves until SIGTERM or SIGINT and returns the exit status.
[[nodiscard]] int run_server(const config::settings& s);

[[nodiscard]] shop::door_options door_options(const config::settings& s);

} // namespace suivi::receiver
