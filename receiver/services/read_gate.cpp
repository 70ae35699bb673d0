// Decides from the courier's answers when the next read may be made.
#include "receiver/services/read_gate.hpp"

#include "common/base/backoff.hpp"
#include "common/courier/answer_class.hpp"

#include <algorithm>
#include <utility>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using courier::answer_kind;
using courier::breaker;

constexpr std::size_t failed_max = 64; // told apart; any beyond counts as different from all
constexpr milliseconds first_throttled_pause = 1s, throttled_pause_max = 1min; // without Retry-After
constexpr milliseconds first_refused_pause = 30s, refused_pause_max = 10min;

bool is_about_courier(const error& e) {
  return e.code.starts_with("courier:") || e.code.starts_with("http:");
}

// No answer at all counts as nobody, whatever kept it away: one read is all that is at stake here.
answer_kind kind_of(const error* problem, unsigned status, std::optional<milliseconds> retry_after) {
  if (!problem || !is_about_courier(*problem)) return answer_kind::good;
  answer_kind kind = courier::classify(problem, status, retry_after);
  return kind == answer_kind::faulty && status == 0 ? answer_kind::unreachable : kind;
}

} // namespace

bool read_gate::in_trouble(steady_time now) const {
  return refused_ > 0 || throttled_ > 0 || breaker_.now_is(now) != breaker::state::closed;
}

read_gate::steady_time read_gate::opens_at(steady_time now) const {
  int limit = in_trouble(now) ? 1 : std::max(1, max_in_flight_);
  if (in_flight_ >= limit) return steady_time::max();
  return std::max(gate_.opens_at(now), breaker_.opens_at(now));
}

void read_gate::started(steady_time now) {
  ++in_flight_;
  gate_.started(now);
  probing_ = breaker_.started(now);
}

void read_gate::close(milliseconds pause, const error& why, steady_time now) {
  gate_.close_until(now + pause, now);
  closed_by_ = why.code;
}

void read_gate::ended(const std::string& request, const error* problem, unsigned status,
                      std::optional<milliseconds> retry_after, double jitter, steady_time now) {
  --in_flight_;
  bool probe = std::exchange(probing_, false);
  answer_kind kind = kind_of(problem, status, retry_after);
  if (kind != answer_kind::unreachable) breaker_.reachable();
  if (kind == answer_kind::good) {
    refused_ = throttled_ = 0;
    forbidden_.accepted();
    failed_.clear();
    return;
  }
  bool first = !failed_.contains(request);
  if (first && failed_.size() < failed_max) failed_.insert(request);
  switch (kind) {
  case answer_kind::refused_key:
    throttled_ = 0;
    note_refused(first, status, *problem, jitter, now);
    break;
  case answer_kind::throttled:
  case answer_kind::busy: {
    milliseconds own = backoff(throttled_++, first_throttled_pause, throttled_pause_max, jitter);
    close(std::max(own, retry_after.value_or(own)), *problem, now);
    break;
  }
  case answer_kind::unreachable:
    note_unreachable(first, probe, *problem, jitter, now);
    break;
  case answer_kind::faulty: // somebody is there; one wrong answer is no reason to ask for no other
  case answer_kind::good:
    break;
  }
}

// While the key is in doubt, a parcel that was refused before says nothing new: the next one is asked for at
// once.
void read_gate::note_refused(bool first, unsigned status, const error& why, double jitter, steady_time now) {
  bool of_key = forbidden_.is_of_key(status, first) || refused_ > 0;
  if (!of_key || (status == 403 && !first)) return;
  close(backoff(refused_++, first_refused_pause, refused_pause_max, jitter), why, now);
}

void read_gate::note_unreachable(bool first, bool probe, const error& why, double jitter, steady_time now) {
  if (!first && breaker_.now_is(now) == breaker::state::closed) return;
  breaker_.unreachable(probe, jitter, now);
  if (breaker_.now_is(now) == breaker::state::open) closed_by_ = why.code;
}

void read_gate::put_off(milliseconds pause, const error& why, steady_time now) {
  --in_flight_;
  if (std::exchange(probing_, false)) breaker_.probe_lost();
  close(pause, why, now);
}

milliseconds read_gate::closed_for(steady_time now) const {
  steady_time opens = breaker_.now_is(now) == breaker::state::open ? breaker_.opens_at(now) : now;
  return std::max(gate_.closed_for(now), std::chrono::ceil<milliseconds>(opens - now));
}

} // namespace suivi::receiver
