// The command `doctor`: every check that explains why orders do not get updated, each with its remedy.
#pragma once

#include "reconciler/app.hpp"

namespace suivi::reconciler {

// Exit status 0, 1 on any FAIL.
task<int> doctor_command(parts& p, bool json);

} // namespace suivi::reconciler
