// The command `run`: full sweeps at the scheduled times, one at start if the last one was missed, incremental
// ones in between, until SIGTERM.
//
// Sweeps of an account never overlap, here or in another process (leases). An account that is due and leased
// elsewhere is looked at again every two seconds, so that the work of a reconciler that died is taken over as
// soon as its lease lapses.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Returns the exit status: 0 after SIGTERM or SIGINT, 1 if it could not listen, 2 without any account.
task<int> run_worker(services& p);

} // namespace suivi::reconciler
