// The worker's eye on webhooks: once a day it looks whether the hooks are still registered, and every few
// minutes whether an account that used to send webhooks has fallen silent. It warns and notes; registering is
// the operator's
// (`hooks ensure`), lest a hook that somebody removed on purpose comes back.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Until it is canceled. Where several workers share the accounts, one of them looks.
task<void> monitor_hooks(services& p, milliseconds initial_delay);

} // namespace suivi::reconciler
