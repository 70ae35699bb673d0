// The receiver put together: what owns what, who starts whom, and how all of it ends.
#pragma once

#include "common/config/settings.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace suivi::receiver {

// What the settings' files say now, or their mistakes.
using read_settings = std::function<std::variant<config::settings, std::vector<std::string>>()>;

// Serves until SIGTERM or SIGINT and returns the exit status. At SIGHUP the TLS files are read again and,
// with `again`, the webhook secrets, the admin token and the log's level.
[[nodiscard]] int run_server(const config::settings& s, read_settings again);

} // namespace suivi::receiver
