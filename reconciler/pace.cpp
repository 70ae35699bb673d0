// The decisions of pace.hpp.
#include "reconciler/pace.hpp"

#include <algorithm>

namespace suivi::reconciler {

milliseconds backoff(int failures, double chance) {
  milliseconds most = backoff_first;
  for (int i = 1; i < failures && most < backoff_most; ++i) most *= 2;
  most = std::min(most, backoff_most);
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(most.count()) * chance));
}

judgement judge(const error* failure, std::optional<milliseconds> retry_after, int tries, int throttled_in_a_row,
                double chance) {
  if (!failure) return {next_step::take, {}};
  if (failure->code == "maystro:unauthorized") return {next_step::stop_account, {}};
  if (failure->code == "maystro:not_found") return {next_step::past_end, {}};
  bool throttled = failure->code == "maystro:throttled";
  if (throttled || retry_after) {
    if (retry_after && *retry_after > throttled_most) return {next_step::stop_account, {}};
    // Without a word from the courier: our own growing pause, never nothing. With one: a little later than asked for,
    // so that not every account knocks at the very moment the gate opens.
    milliseconds wait = retry_after ? *retry_after + milliseconds(static_cast<std::int64_t>(250 * chance))
                                    : backoff_first + backoff(throttled_in_a_row, chance);
    if (throttled) return {next_step::again_gated, wait};
    return {tries >= most_tries ? next_step::give_up : next_step::again_gated, wait};
  }
  if (failure->kind == failure::permanent || tries >= most_tries) return {next_step::give_up, {}};
  return {next_step::again, backoff(tries, chance)};
}

steady_time gate::opens_at(steady_time now) const { return std::max({now, closed_until_, next_start_}); }

void gate::started(steady_time now) {
  if (per_second_ <= 0) return;
  auto apart = std::chrono::duration_cast<steady_time::duration>(std::chrono::duration<double>(1.0 / per_second_));
  next_start_ = std::max(now, next_start_) + apart;
}

void gate::close_until(steady_time when) { closed_until_ = std::max(closed_until_, when); }

milliseconds gate::throttled_for(steady_time now) const {
  if (!throttled_since_) return milliseconds(0);
  return std::chrono::duration_cast<milliseconds>(now - *throttled_since_);
}

void gate::throttled(steady_time now) {
  if (!throttled_since_) throttled_since_ = now;
}

void gate::answered_well() { throttled_since_.reset(); }

} // namespace suivi::reconciler
