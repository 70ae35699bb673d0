// The command `sweep`: one sweep of each account now.
#pragma once

#include "reconciler/services/services.hpp"

#include <string>

namespace suivi::reconciler {

struct sweep_arguments {
  std::string account;          // empty: all
  std::int64_t max_orders = -1; // below zero: as the settings say
  bool incremental = false;
  bool dry_run = false;
  bool json = false;
};
// Exit status 0, also where a signal stopped it; 1 if it failed; 3 if any account ended incomplete.
task<int> sweep_command(services& p, sweep_arguments arguments);

} // namespace suivi::reconciler
