// The receiver put together: what owns what, who starts whom, and how all of it ends.
#pragma once

#include "common/config/settings.hpp"

namespace suivi::receiver {

// Serves until SIGTERM or SIGINT and returns the exit status.
[[nodiscard]] int run_server(const config::settings& s);

} // namespace suivi::receiver
