// Figures for the operations API that are too dear to be counted at each look: orders sampled, events
// counted.
#pragma once

#include "receiver/services/database_monitor.hpp"

namespace suivi::receiver {

// Ends by cancellation only.
task<void> take_samples(database_monitor& monitor);

} // namespace suivi::receiver
