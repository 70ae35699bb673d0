// One member after the other.
#include "reconciler/sweep/options.hpp"

namespace suivi::reconciler {

sweep_options sweep_options_of(const config::settings& settings) {
  sweep_options options;
  options.max_orders = settings.reconciler.max_orders;
  options.max_in_flight = settings.maystro.max_in_flight;
  options.requests_per_second = settings.maystro.requests_per_second;
  options.request_timeout = settings.maystro.request_timeout;
  options.read_lag = settings.maystro.read_lag;
  options.adopt_unassigned = settings.reconciler.adopt_unassigned;
  options.lookup_limit = settings.reconciler.lookup_limit;
  options.incremental_every = settings.reconciler.incremental_every;
  return options;
}

} // namespace suivi::reconciler
