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

bool is_worth_another_lane(const apply_load& now) {
  return now.batches == 1 && now.due >= worthwhile_rows && now.others_waiting == 0 &&
         now.last_took <= quick_batch;
}

std::size_t due_max(std::chrono::steady_clock::duration last_took) {
  constexpr std::size_t next_batches = 1'000;
  constexpr std::size_t of_slow_shop = 20'000;
  return last_took <= quick_batch ? next_batches : of_slow_shop;
}

bool is_worth_a_look(std::size_t rows, std::size_t unlocked) {
  return 2 * unlocked >= rows;
}

} // namespace suivi::receiver
