// `status`: each account's last sweeps, full and incremental apart, and when the next ones are due.
#pragma once

#include "reconciler/services/services.hpp"

#include <cstdint>
#include <string>

namespace suivi::reconciler {

struct status_arguments {
  std::string account;    // empty: all
  std::int64_t limit = 5; // sweeps of each kind and account
  bool json = false;
};

// Reads only. Exit status 0; 1 where the database or its schema cannot be used, 2 for an unknown account.
task<int> status_command(services& p, status_arguments arguments);

} // namespace suivi::reconciler
