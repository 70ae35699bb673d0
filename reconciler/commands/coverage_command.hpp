// The command `coverage`: how many orders have a tracking number, for each account. Reads only.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Exit status 0; 1 where the database cannot be read.
task<int> coverage_command(services& p, bool json);

} // namespace suivi::reconciler
