// When an account's courier may be asked for one more single read. Pure: it is told what happened and when.
//
// Ceilings of requests in flight and per second; the courier's own word (Retry-After), which holds for the
// whole account; a key that is refused is not tried again and again; where nobody answers, one read at a time
// looks whether somebody is back. A pause ends with one read alone, and only its answer lets the others go
// on. What fails for one parcel alone, however often, is that parcel's trouble and holds up no other's read.
// The limits are common/courier/limits.hpp's, which the reconciler goes by as well.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/courier/limits.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>

namespace suivi::receiver {

class read_gate {
 public:
  using steady_time = std::chrono::steady_clock::time_point;

  struct limits {
    int max_in_flight = 4;          // at least 1
    double requests_per_second = 0; // 0: no ceiling
  };
  explicit read_gate(limits within)
      : max_in_flight_(within.max_in_flight), gate_(within.requests_per_second) {}

  // `now` if a read may start, else when to look again; time_point::max(): not before one under way has
  // ended.
  [[nodiscard]] steady_time opens_at(steady_time now) const;
  void started(steady_time now);
  // `request`: what was read, as text that tells it from all else. `problem`: null for an answer, "not there"
  // among them. `status`: of the answer, 0 where there was none.
  void ended(const std::string& request, const error* problem, unsigned status,
             std::optional<milliseconds> retry_after, double jitter, steady_time now);

  // The read that was started was not made: another program, or this one in an earlier life, was told to
  // leave the courier alone.
  void put_off(milliseconds pause, const error& why, steady_time now);

  // How long nothing is asked yet because of an answer, and which error that was; zero, and the last one, if
  // something may be asked.
  [[nodiscard]] milliseconds closed_for(steady_time now) const;
  [[nodiscard]] const std::string& closed_by() const { return closed_by_; }

 private:
  [[nodiscard]] bool in_trouble(steady_time now) const;
  void note_refused(bool first, unsigned status, const error& why, double jitter, steady_time now);
  void note_unreachable(bool first, bool probe, const error& why, double jitter, steady_time now);
  void close(milliseconds pause, const error& why, steady_time now);

  int max_in_flight_;
  int in_flight_ = 0;
  int refused_ = 0, throttled_ = 0; // in a row
  courier::gate gate_;
  courier::breaker breaker_{
      {.unreachable_max = 3, .first_pause = milliseconds(1'000), .pause_max = milliseconds(30'000)}};
  bool probing_ = false; // the one read under way looks whether somebody is back
  courier::refusals forbidden_{true};
  std::set<std::string> failed_; // what was asked in vain since the last answer
  std::string closed_by_;
};

} // namespace suivi::receiver
