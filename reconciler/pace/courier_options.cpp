// Makes the courier's options from the settings.
#include "reconciler/pace/courier_options.hpp"

namespace suivi::reconciler {

courier_options courier_options_of(const config::settings& settings) {
  courier_options options;
  options.max_in_flight = settings.maystro.max_in_flight;
  options.requests_per_second = settings.maystro.requests_per_second;
  options.request_timeout = settings.maystro.request_timeout;
  options.read_lag = settings.maystro.read_lag;
  return options;
}

} // namespace suivi::reconciler
