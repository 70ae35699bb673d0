// Each wait is twice the one before, up to a ceiling, less a random part.
#include "common/base/backoff.hpp"

#include <algorithm>
#include <random>

namespace suivi {

milliseconds doubled(int tries, milliseconds first, milliseconds limit) {
  milliseconds delay = first;
  for (int i = 0; i < tries && delay < limit; ++i) delay *= 2;
  return std::min(delay, limit);
}

milliseconds backoff(int tries, milliseconds first, milliseconds limit, double taken) {
  milliseconds delay = doubled(tries, first, limit);
  auto reduction = static_cast<milliseconds::rep>(static_cast<double>(delay.count()) / 2 * taken);
  return delay - milliseconds(reduction);
}

double jitter() {
  static std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

} // namespace suivi
