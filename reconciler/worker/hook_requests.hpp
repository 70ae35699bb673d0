// Hooks that an operator wants registered now (suivi.account.hooks_asked_at): done within a second or two, as
// `hooks ensure` does it, and noted for whoever waits for it.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Until it is cancelled.
task<void> serve_hook_requests(services& p);

} // namespace suivi::reconciler
