// Makes the receiver's options from the settings.
#include "receiver/services/options.hpp"

namespace suivi::receiver {

shop::door_options door_options(const config::settings& s) {
  shop::door_options options;
  options.adopt_unassigned = s.reconciler.adopt_unassigned;
  options.read_lag = s.maystro.read_lag;
  options.lock_wait = milliseconds(50); // strangers' webhooks wait in the same batch
  options.confirm_terminal = s.receiver.confirm == "terminal";
  return options;
}

pg::connect_options connect_options(const config::settings& s) {
  pg::connect_options options;
  options.url = s.database.url.reveal();
  options.application_name = "suivi-receiver";
  return options;
}

} // namespace suivi::receiver
