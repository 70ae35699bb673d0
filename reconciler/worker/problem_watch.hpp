// Keeps the worker's metrics of problems up to date, every few seconds.
#pragma once

#include "reconciler/services/services.hpp"
#include "reconciler/worker/reconciler_metrics.hpp"

namespace suivi::reconciler {

// Until it is cancelled. While the database is away the last look stays, and that it is away is added.
task<void> watch_problems(services& p, reconciler_metrics& numbers);

} // namespace suivi::reconciler
