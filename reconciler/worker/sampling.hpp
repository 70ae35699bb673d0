// Figures that are too dear to be counted at each look: orders sampled, events counted.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Until it is cancelled. The receiver does the same; whoever comes second finds it done.
task<void> take_samples(services& p);

} // namespace suivi::reconciler
