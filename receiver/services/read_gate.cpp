// Counters of what failed in a row, and two points in time.
#include "receiver/services/read_gate.hpp"

#include "common/base/backoff.hpp"
#include "common/sqlstate/batch_failure.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr int absent_max = 3;          // different ones in a row, then it is left alone for a while
constexpr std::size_t failed_max = 64; // told apart; any beyond counts as different from all
constexpr milliseconds first_absent_pause = 1s, absent_pause_max = 30s;
constexpr milliseconds first_throttled_pause = 1s, throttled_pause_max = 1min; // without Retry-After
constexpr milliseconds first_refused_pause = 30s, refused_pause_max = 10min;

bool is_about_courier(const error& e) {
  return e.code.starts_with("maystro:") || e.code.starts_with("http:");
}

} // namespace

bool read_gate::in_trouble() const {
  return refused_ > 0 || throttled_ > 0 || absent_ >= absent_max;
}

read_gate::steady_time read_gate::opens_at(steady_time now) const {
  int limit = in_trouble() ? 1 : std::max(1, limits_.max_in_flight);
  if (in_flight_ >= limit) return steady_time::max();
  return std::max({now, closed_until_, next_start_});
}

void read_gate::started(steady_time now) {
  ++in_flight_;
  if (limits_.requests_per_second <= 0) return;
  auto apart = std::chrono::duration<double>(1 / limits_.requests_per_second);
  next_start_ = std::max(now, next_start_) + std::chrono::ceil<steady_time::duration>(apart);
}

void read_gate::close(milliseconds pause, const error& why, steady_time now) {
  closed_until_ = std::max(closed_until_, now + pause);
  closed_by_ = why.code;
}

void read_gate::ended(const std::string& request, const error* problem, unsigned status,
                      std::optional<milliseconds> retry_after, double jitter, steady_time now) {
  --in_flight_;
  if (!problem || problem->code == "maystro:not_found" || !is_about_courier(*problem)) {
    refused_ = throttled_ = absent_ = 0;
    forbidden_.accepted();
    failed_.clear();
    return;
  }
  bool first = !failed_.contains(request);
  if (first && failed_.size() < failed_max) failed_.insert(request);
  bool gateway = status == 0 || status == 502 || status == 503 || status == 504;
  if (problem->code == "maystro:unauthorized") {
    throttled_ = absent_ = 0;
    note_refused(first, status, *problem, jitter, now);
  } else if (problem->code == "maystro:throttled" || retry_after) {
    absent_ = 0;
    auto own = backoff(throttled_++, first_throttled_pause, throttled_pause_max, jitter);
    close(std::max(own, retry_after.value_or(own)), *problem, now);
  } else if (gateway) {
    note_absent(first, *problem, jitter, now);
  } else {
    absent_ = 0; // somebody is there; what is wrong with this answer is no reason to ask for no other
  }
}

// While the key is in doubt, a parcel that was refused before says nothing new: the next one is asked for at
// once.
void read_gate::note_refused(bool first, unsigned status, const error& why, double jitter, steady_time now) {
  bool of_key = forbidden_.is_of_key(status, first) || refused_ > 0;
  if (!of_key || (status == 403 && !first)) return;
  close(backoff(refused_++, first_refused_pause, refused_pause_max, jitter), why, now);
}

void read_gate::note_absent(bool first, const error& why, double jitter, steady_time now) {
  if (!first && absent_ < absent_max) return;
  if (++absent_ < absent_max) return;
  close(backoff(absent_ - absent_max, first_absent_pause, absent_pause_max, jitter), why, now);
}

void read_gate::put_off(milliseconds pause, const error& why, steady_time now) {
  --in_flight_;
  close(pause, why, now);
}

milliseconds read_gate::closed_for(steady_time now) const {
  if (closed_until_ <= now) return milliseconds(0);
  return std::chrono::ceil<milliseconds>(closed_until_ - now);
}

} // namespace suivi::receiver
