// Idle, worth it, held up: in this order.
#include "receiver/queue/batch_policy.hpp"

#include <algorithm>

namespace suivi::receiver {

steady_time begin_batch_at(const batch_queue& queue) {
  if (queue.lanes_at_work == 0) {
    bool others_follow = queue.last_rows >= gathered_rows_min && queue.rows < queue.last_rows;
    return others_follow ? std::max(queue.opened_at, queue.last_ended + gathering) : queue.opened_at;
  }
  if (queue.rows >= queue.beside_another_rows && !queue.apply_is_behind) return queue.opened_at;
  return std::max(queue.opened_at, queue.last_begun) + beside_slow_batch;
}

} // namespace suivi::receiver
