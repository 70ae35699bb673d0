// The metric suivi_problems of either program: what the list of problems says, for Prometheus.
#pragma once

#include "common/metrics/metrics.hpp"
#include "common/verdict/problems.hpp"

namespace suivi::shop {

// Sets suivi_problems{kind,account} for every kind, and takes away the series of accounts that are not among
// the facts any more, of this metric and of all others with the label `account`.
void show_problems(metrics::registry& series, const suivi::verdict::facts& f);

} // namespace suivi::shop
