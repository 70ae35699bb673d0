// What the shop's settings say about deciding: whose orders may be matched, and when the courier is asked
// first.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>

namespace suivi::shop {

// More parcels than this no order has: further ones would cost each look at it more, and are a conflict.
inline constexpr std::size_t parcels_of_an_order_max = 100;
// An id or number that so many parcels or orders bear tells nothing; no more of them are looked at.
inline constexpr std::size_t bearers_looked_at_max = 10;

struct door_options {
  bool adopt_unassigned = true;  // also match orders whose account is NULL
  milliseconds read_lag{10'000}; // sets `wanted_read::not_before`
  bool dry_run = false;          // decide on what can be read without a lock
  bool looks_first = false;      // decide without locks on what changes nothing: worth it where most does not
  bool links_only = false;       // write no more than moved_links.hpp keeps
  // How long a write waits for a row that the shop holds (behind a trigger of its own, say): then the batch
  // fails with "sqlstate:55P03", and is to be halved down to the order it is about.
  milliseconds lock_wait{1'000};
  // A webhook (a replayed one too) that would set 41, 50, 52 or 53 is in doubt until the courier's API shows
  // it.
  bool confirm_terminal = false;
};

} // namespace suivi::shop
