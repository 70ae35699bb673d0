// What a running receiver takes from settings that were read again: webhook secrets, admin token, log level.
#pragma once

#include "common/config/settings.hpp"

namespace suivi::receiver {

// Into the settings in force, and says so in the log; other changes are named as waiting for the next start.
// True: the admin token is another one.
bool take_reloadable(const config::settings& fresh, config::settings& in_force);

} // namespace suivi::receiver
