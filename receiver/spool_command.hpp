// The command `spool status|drain`: what lies in the spool of a receiver that does not run, and bringing it
// into the database.
#pragma once

#include "common/config/settings.hpp"

namespace suivi::receiver {

struct spool_arguments {
  bool drain = false; // else status
  bool json = false;
};

// The exit status: 0 done, 1 failed, 3 some webhooks are left in the spool. May run beside a receiver: what
// both bring is stored once.
[[nodiscard]] int run_spool(const config::settings& s, const spool_arguments& arguments);

} // namespace suivi::receiver
