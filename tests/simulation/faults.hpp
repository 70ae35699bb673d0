// What may go wrong, how often; all of it switched off together when the world is to come to rest.
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

} // namespace suivi::simulation
