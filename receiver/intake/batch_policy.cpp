// The three cases, cheapest first.
#include "receiver/intake/batch_policy.hpp"

#include <algorithm>

namespace suivi::receiver {

steady_time begin_batch_at(const batch_queue& queue) {
  if (queue.lanes_at_work == 0) return queue.opened_at;
  if (queue.rows >= queue.beside_another_rows && !queue.apply_is_behind) return queue.opened_at;
  return std::max(queue.opened_at, queue.last_begun) + beside_slow_batch;
}

} // namespace suivi::receiver
