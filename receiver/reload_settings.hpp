// What a running receiver takes from settings that were read again: webhook secrets, admin token, log level.
#pragma once

#include "common/config/settings.hpp"

#include <string>

namespace suivi::receiver {

// Into the settings in force, and says so in the log; other changes are named as waiting for the next start.
// True: the admin token is another one.
bool take_reloadable(const config::settings& fresh, config::settings& in_force);

// Says so in the log where the settings file is a copy that systemd made at the start (LoadCredential=): what
// was written since is not in it. `file`: of the command line, may be empty.
void warn_of_copies(const std::string& file, const config::environment& env);

} // namespace suivi::receiver
