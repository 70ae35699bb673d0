// Worth it already, few, many: in this order.
#include "receiver/queue/apply_policy.hpp"

#include <algorithm>

namespace suivi::receiver {

steady_time begin_apply_at(const apply_rhythm& rhythm) {
  bool was_worth_it = rhythm.last_rows >= worthwhile_rows;
  if (rhythm.waiting >= worthwhile_rows || was_worth_it || rhythm.last_rows < few_rows)
    return rhythm.last_ended;
  std::chrono::microseconds gathered = gathering_each * static_cast<int>(rhythm.last_rows);
  return rhythm.last_ended + std::min(gathering_max, gathered);
}

} // namespace suivi::receiver
