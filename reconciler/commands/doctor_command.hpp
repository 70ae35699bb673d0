// The command `doctor`: every check that explains why orders do not get updated, each with its remedy.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Exit status 0, 1 on any FAIL.
task<int> doctor_command(services& p, bool json);

} // namespace suivi::reconciler
