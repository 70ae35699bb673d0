// How fast and how often the courier is asked: a gate for a whole account, a ceiling of requests per second, and what an
// answer means for the page that was asked for. Pure: time and chance are arguments.
//
// A page is asked for at most six times in a sweep. Waiting between tries is full-jitter backoff (a random time up to a
// doubling limit), so that pages that failed together are not asked again together. A 429, or a 503 with Retry-After,
// closes the gate for every request of the account and uses up no try. 401 and 403 stop the account at once.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <optional>

namespace suivi::reconciler {

using steady_time = std::chrono::steady_clock::time_point;

inline constexpr int most_tries = 6;
inline constexpr milliseconds backoff_first{250};
inline constexpr milliseconds backoff_most{8'000};
// An account that is throttled this long without one good answer is given up for this sweep.
inline constexpr milliseconds throttled_most{15 * 60'000};

// From 0 up to backoff_first doubled `failures - 1` times, at most backoff_most; `chance` in [0, 1).
[[nodiscard]] milliseconds backoff(int failures, double chance);

enum class next_step {
  take,         // it is the answer
  past_end,     // there is no such page or parcel
  again,        // ask again after `wait`
  again_gated,  // the whole account waits for `wait`; uses up no try
  give_up,      // of this page: all tries are used up, or the answer will stay the same
  stop_account, // the courier refuses this key, or throttles without end
};

struct judgement {
  next_step what = next_step::take;
  milliseconds wait{0};
};

// `failure`: null for a good answer. `tries`: how often this page has been asked for with an answer that counts, this one
// included. `throttled_in_a_row`: 429s of the account since its last good answer, this one included.
[[nodiscard]] judgement judge(const error* failure, std::optional<milliseconds> retry_after, int tries,
                              int throttled_in_a_row, double chance);

// When the account's next request may start.
class gate {
 public:
  explicit gate(double requests_per_second) : per_second_(requests_per_second) {}

  // `now` if a request may start at once, else the time to look again.
  [[nodiscard]] steady_time opens_at(steady_time now) const;
  void started(steady_time now);
  void close_until(steady_time when); // forwards only
  // How long requests have met nothing but throttling; zero after a good answer.
  [[nodiscard]] milliseconds throttled_for(steady_time now) const;
  void throttled(steady_time now);
  void answered_well();

 private:
  double per_second_;
  steady_time closed_until_{};
  steady_time next_start_{};
  std::optional<steady_time> throttled_since_;
};

} // namespace suivi::reconciler
