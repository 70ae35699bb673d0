// What may go wrong, how often; most of it switched off together when the world is to come to rest. What a
// world is like (`ways`) stays: clocks that disagree, a shop that refuses, a list without order.
#pragma once

#include "common/base/time.hpp"

namespace suivi::simulation {

struct faults {
  // Webhooks.
  double lost = 0.2;
  double doubled = 0.1;
  double untimed = 0;         // without publishTime
  milliseconds delay{30'000}; // on average
  // The courier's API.
  double failed = 0.05; // an answer that is none
  double throttled = 0.03;
  milliseconds lag{8'000}; // at most; read_lag is 10 s
  milliseconds latency{150};
  // Processes.
  double crash = 0.0005; // at every step at which one may die
  bool clock_jumps = false;
};

[[nodiscard]] inline faults none() {
  faults calm;
  calm.lost = calm.doubled = calm.untimed = calm.failed = calm.throttled = calm.crash = 0;
  calm.delay = milliseconds(50);
  calm.clock_jumps = false;
  return calm;
}

// The display id that many parcels bear, where it is none.
inline constexpr const char* placeholder = "0";

enum class list_order { newest_first, oldest_first, none };

// What one world is like, from its beginning to its end.
struct ways {
  milliseconds clocks_apart{
      0}; // each process's, the database's and each courier's clock, at most, either way
  milliseconds stamps_ahead{0}; // the clock that stamps webhooks, before that of the courier's API
  milliseconds incremental_every{300'000};
  list_order order = list_order::newest_first;
  double undated = 0;      // parcels whose rows do not say when they were made
  double placeholders = 0; // parcels whose display id is what many bear
  double nameless = 0;     // webhooks that name their parcel by its display id, or its number, alone
  double mistyped = 0;     // parcels that bear another order's reference at first
  double refused = 0;      // orders that a rule of the shop refuses to change
  double slow = 0;         // orders with a trigger so slow that one of them is all that a statement may write
  double hasty = 0;        // steps that another one follows within a minute or two
  double hidden = 0;       // parcels that the list shows and that are "not there" when asked for singly
  double shipped_before =
      0; // of the first orders: a parcel of theirs travels back, of before Suivi was there
  bool numbers_shared = false; // by the couriers: what is one's parcel is another's as well
};

} // namespace suivi::simulation
