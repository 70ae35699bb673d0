// What the shop's settings say about deciding: whose orders may be matched, and when the courier is asked
// first.
#pragma once

#include "common/base/time.hpp"

namespace suivi::shop {

struct door_options {
  bool adopt_unassigned = true;  // also match orders whose account is NULL
  milliseconds read_lag{10'000}; // sets `wanted_read::not_before`
  bool dry_run = false;          // decide and roll back
  // How long a write waits for a row that the shop holds (behind a trigger of its own, say): then the batch
  // fails with "sqlstate:55P03", and is to be halved down to the order it is about.
  milliseconds lock_wait{1'000};
  // A webhook (a replayed one too) that would set 41, 50, 52 or 53 is in doubt until the courier's API shows
  // it.
  bool confirm_terminal = false;
};

} // namespace suivi::shop
