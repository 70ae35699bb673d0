// Counts requests and pauses of an account, as limits.hpp describes.
#include "common/courier/limits.hpp"

#include "common/base/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace suivi::courier {
namespace {

constexpr double low_window = 2;

steady_time::duration seconds_of(double seconds) {
  return std::chrono::ceil<steady_time::duration>(std::chrono::duration<double>(seconds));
}

milliseconds between(steady_time from, steady_time to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

} // namespace

window::window(int max) : max_(std::max(1, max)), size_(std::min(low_window, max_)) {}

void window::on_success() {
  size_ = std::min(max_, size_ + 1 / size_);
}

void window::on_congestion(steady_time request_started, steady_time now) {
  if (halved_at_ && request_started <= *halved_at_) return;
  size_ = std::max(1.0, size_ / 2);
  halved_at_ = now;
}

void window::begin_again() {
  size_ = std::min(low_window, max_);
}

double retry_budget::left(steady_time now) const {
  if (!as_of_ || now <= *as_of_) return left_;
  double trickled = std::chrono::duration<double>(now - *as_of_).count() * per_second;
  // What trickled in unused is not saved up beyond the stock.
  return std::max(left_, std::min(stock, left_ + trickled));
}

steady_time retry_budget::opens_at(steady_time now) const {
  double here = left(now);
  if (here >= 1) return now;
  return now + seconds_of((1 - here) / per_second);
}

void retry_budget::note_first_request() {
  left_ += per_request;
}

void retry_budget::repeated(steady_time now) {
  left_ = std::max(0.0, left(now) - 1);
  as_of_ = now;
}

breaker::state breaker::now_is(steady_time now) const {
  if (!open_until_) return state::closed;
  return now < *open_until_ ? state::open : state::half_open;
}

steady_time breaker::opens_at(steady_time now) const {
  switch (now_is(now)) {
  case state::closed:
    return now;
  case state::open:
    return *open_until_;
  case state::half_open:
    return probing_ ? steady_time::max() : now;
  }
  return now;
}

bool breaker::started(steady_time now) {
  if (now_is(now) != state::half_open) return false;
  probing_ = true;
  return true;
}

void breaker::open_for(double jitter, steady_time now) {
  // Never shorter than half of it: here nothing is gained by being lucky.
  open_until_ = now + backoff(times_opened_++, with_.first_pause, with_.pause_max, jitter);
}

void breaker::unreachable(bool probe, double jitter, steady_time now) {
  ++unreachable_;
  if (!unreachable_since_) unreachable_since_ = now;
  if (probe) {
    probing_ = false;
    open_for(jitter, now);
  } else if (!open_until_ && unreachable_ >= with_.unreachable_max) {
    open_for(jitter, now);
  }
}

void breaker::reachable() {
  unreachable_ = times_opened_ = 0;
  unreachable_since_.reset();
  open_until_.reset();
  probing_ = false;
  ever_reachable_ = true;
}

void breaker::probe_lost() {
  probing_ = false;
}

milliseconds breaker::unreachable_for(steady_time now) const {
  return unreachable_since_ ? between(*unreachable_since_, now) : milliseconds(0);
}

steady_time gate::opens_at(steady_time now) const {
  return std::max({now, closed_until_, next_start_});
}

void gate::started(steady_time now) {
  if (per_second_ <= 0) return;
  next_start_ = std::max(now, next_start_) + seconds_of(1.0 / per_second_);
}

void gate::close_until(steady_time when, steady_time now) {
  steady_time from = std::max(now, closed_until_);
  if (when <= from) return;
  closed_in_all_ += between(from, when);
  closed_until_ = when;
}

milliseconds gate::closed_for(steady_time now) const {
  return closed_until_ > now ? std::chrono::ceil<milliseconds>(closed_until_ - now) : milliseconds(0);
}

milliseconds gate::throttled_for(steady_time now) const {
  return throttled_since_ ? between(*throttled_since_, now) : milliseconds(0);
}

void gate::throttled(steady_time now) {
  if (!throttled_since_) throttled_since_ = now;
}

void gate::answered_well() {
  throttled_since_.reset();
}

} // namespace suivi::courier
