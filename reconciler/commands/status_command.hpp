// The command `status`: the last sweeps, the next ones, the accounts. Reads only.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Exit status 0; 1 where the database or its schema cannot be used.
task<int> status_command(services& p, bool json);

} // namespace suivi::reconciler
