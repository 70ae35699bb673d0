// Decides who may ask next and when, as pace.hpp describes.
#include "reconciler/pace/pace.hpp"

#include "common/base/backoff.hpp"

#include <algorithm>

namespace suivi::reconciler {

milliseconds backoff(int failures, double jitter) {
  milliseconds limit = doubled(failures - 1, backoff_first, backoff_max);
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(limit.count()) * jitter));
}

judgment judge(const error* failure, std::optional<milliseconds> retry_after, int tries,
               int throttled_in_a_row, double jitter) {
  if (!failure) return {next_step::take, {}};
  if (failure->code == "courier:unauthorized") return {next_step::stop_account, {}};
  if (failure->code == "courier:not_found") return {next_step::past_end, {}};
  bool throttled = failure->code == "courier:throttled";
  if (throttled || retry_after) {
    if (retry_after && *retry_after > throttled_max) return {next_step::stop_account, *retry_after};
    // A little later than the courier asks for, so that not every account knocks at the very moment the gate
    // opens; never sooner than our own growing pause, whatever it asks for.
    milliseconds own = backoff_first + backoff(throttled_in_a_row, jitter);
    milliseconds requested =
        retry_after.value_or(milliseconds(0)) + milliseconds(static_cast<std::int64_t>(250 * jitter));
    milliseconds wait = std::max(own, requested);
    if (throttled) return {next_step::again_gated, wait};
    return {tries >= tries_max ? next_step::give_up : next_step::again_gated, wait};
  }
  if (failure->kind == failure::permanent || tries >= tries_max) return {next_step::give_up, {}};
  return {next_step::again, backoff(tries, jitter)};
}

pace::ticket pace::stand_in_line(priority priority, budget_charge price) {
  lines_[static_cast<std::size_t>(priority)].push_back({next_, price});
  return next_++;
}

steady_time pace::turn_of(const std::deque<waiting>& line, steady_time now) const {
  if (line.empty() || in_flight() >= window_.size()) return steady_time::max();
  steady_time open = std::max(gate_.opens_at(now), breaker_.opens_at(now));
  return line.front().price == budget_charge::repeated ? std::max(open, budget_.opens_at(now)) : open;
}

std::optional<pace::ticket> pace::admit(steady_time now) {
  for (std::deque<waiting>& line : lines_) {
    if (line.empty() || turn_of(line, now) > now) continue;
    waiting first = line.front();
    line.pop_front();
    gate_.started(now);
    if (first.price == budget_charge::repeated) budget_.repeated(now);
    if (first.price == budget_charge::first) budget_.note_first_request();
    under_way_[first.id] = {now, breaker_.started(now)};
    return first.id;
  }
  return std::nullopt;
}

steady_time pace::recheck_at(steady_time now) const {
  steady_time first = steady_time::max();
  for (const std::deque<waiting>& line : lines_) first = std::min(first, turn_of(line, now));
  return first;
}

void pace::ended(ticket which, answer_kind how, milliseconds wait, double jitter, steady_time now) {
  auto found = under_way_.find(which);
  if (found == under_way_.end()) return;
  flight request = found->second;
  under_way_.erase(found);

  if (how == answer_kind::unreachable) {
    breaker_.unreachable(request.probe, jitter, now);
    window_.on_congestion(request.started, now);
    return;
  }
  bool was_away = breaker_.now_is(now) != breaker::state::closed;
  breaker_.reachable();
  if (was_away) window_.begin_again();
  switch (how) {
  case answer_kind::good:
    throttled_in_a_row_ = 0;
    gate_.answered_well();
    window_.on_success();
    break;
  case answer_kind::throttled:
  case answer_kind::busy:
    ++throttled_in_a_row_;
    gate_.throttled(now);
    gate_.close_until(now + wait, now);
    window_.on_congestion(request.started, now);
    break;
  case answer_kind::faulty:
  case answer_kind::refused_key:
  case answer_kind::unreachable:
    break;
  }
}

void pace::left(ticket which) {
  for (std::deque<waiting>& line : lines_)
    std::erase_if(line, [&](const waiting& w) { return w.id == which; });
  auto found = under_way_.find(which);
  if (found == under_way_.end()) return;
  if (found->second.probe) breaker_.probe_lost();
  under_way_.erase(found);
}

std::string pace::give_up_reason(steady_time now) const {
  if (gate_.throttled_for(now) > throttled_max || gate_.closed_in_all() > throttled_in_all_max)
    return "the courier throttles without end";
  // At least three, so that one request with a long time-out does not decide.
  bool never = !breaker_.ever_reachable() &&
               breaker_.unreachable_in_a_row() >= courier::breaker_patience().unreachable_max;
  if (breaker_.unreachable_in_a_row() >= 3 &&
      breaker_.unreachable_for(now) > (never ? unreachable_from_the_start : unreachable_long))
    return "nobody answers at the courier's address";
  return {};
}

} // namespace suivi::reconciler
