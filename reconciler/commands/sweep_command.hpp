// The one-off commands. Each prints its answer on standard output (one JSON document with `json`), everything
// else on standard error, and returns the exit status.
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
task<int> sweep_command(services& p, sweep_arguments arguments);

task<int> status_command(services& p, bool json);
task<int> coverage_command(services& p, bool json);
task<int> migrate_command(services& p, bool check);

} // namespace suivi::reconciler
