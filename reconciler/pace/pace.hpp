// How fast and how often an account's courier is asked: who is next, when, and what an answer means for the
// request and for all others. Pure: time and chance are arguments.
//
// Requests stand in line: single reads before pages, and pages not asked for yet before those that failed, so
// that bad pages never keep good ones from being read. A request leaves the line when the gate, the window,
// the breaker and, for a repetition, the budget let it (common/courier/limits.hpp).
//
// A page is asked for at most six times in a sweep. Waiting between tries is full-jitter backoff (a random
// time up to a doubling limit), so that pages that failed together are not asked again together. A 429, or a
// 503 with Retry-After, closes the gate for every request of the account; a 429 uses up no try, no budget,
// and is nothing to the breaker. A 401 stops the account at once, and a 403 does unless the key is good for
// other requests.
#pragma once

#include "common/base/error.hpp"
#include "common/courier/answer_class.hpp"
#include "common/courier/limits.hpp"

#include <array>
#include <deque>
#include <map>
#include <string>

namespace suivi::reconciler {

using courier::answer_kind;
using courier::breaker;
using courier::classify;
using courier::gate;
using courier::refusals;
using courier::retry_budget;
using courier::window;

inline constexpr int tries_max = 6;
inline constexpr milliseconds backoff_first{250};
inline constexpr milliseconds backoff_max{8'000};
// An account that is throttled this long without one good answer is given up for this sweep, and one whose
// gate was closed this long all in all.
inline constexpr milliseconds throttled_max{15 * 60'000};
inline constexpr milliseconds throttled_in_all_max{3 * 3'600'000};
// So is one where nobody has answered for this long; the shorter, where nobody ever has in this object's
// life.
inline constexpr milliseconds unreachable_long{2 * 60'000};
inline constexpr milliseconds unreachable_from_the_start{15'000};
// And one that gave up so many pages or parcels with no good answer between.
inline constexpr int given_up_max = 50;

// From 0 up to backoff_first doubled `failures - 1` times, at most backoff_max; `jitter` in [0, 1).
[[nodiscard]] milliseconds backoff(int failures, double jitter);

enum class next_step {
  take,         // it is the answer
  past_end,     // there is no such page or parcel
  again,        // ask again after `wait`
  again_gated,  // the whole account waits for `wait`; after a 429 it uses up no try
  give_up,      // of this page: all tries are used up, or the answer will stay the same
  stop_account, // the courier refuses this key, or throttles without end
};

struct judgment {
  next_step step = next_step::take;
  milliseconds wait{0};
};

// `tries`: how often this page has been asked for with an answer that counts, this one included.
// `throttled_in_a_row`: answers of the account since its last good one that asked for a pause, this one
// included.
[[nodiscard]] judgment judge(const error* failure, std::optional<milliseconds> retry_after, int tries,
                             int throttled_in_a_row, double jitter);

struct pace_limits {
  int max_in_flight = 10;         // ceiling of the window; at least 1
  double requests_per_second = 0; // 0 = no ceiling
};

class pace {
 public:
  using ticket = std::uint64_t;
  // In the order of their turns. `repetition`: a page that failed before.
  enum class priority { single_read, page, repetition };

  explicit pace(pace_limits limits) : window_(limits.max_in_flight), gate_(limits.requests_per_second) {}

  enum class budget_charge { first, repeated, none }; // none: asked again after a 429
  ticket stand_in_line(priority priority, budget_charge price);
  // The request that starts now, to be called until it says none.
  std::optional<ticket> admit(steady_time now);
  // When admit() may say more by the mere passing of time; time_point::max(): not before the next answer.
  [[nodiscard]] steady_time recheck_at(steady_time now) const;
  // An admitted request has ended. `wait`: how long the courier wants to be left alone (throttled, busy).
  void ended(ticket which, answer_kind how, milliseconds wait, double jitter, steady_time now);
  // It was canceled, in line or on its way.
  void left(ticket which);

  // Another program was told to leave the courier alone.
  void close_for(milliseconds pause, steady_time now) { gate_.close_until(now + pause, now); }
  // How long it is still to be left alone; zero where it may be asked.
  [[nodiscard]] milliseconds closed_for(steady_time now) const { return gate_.closed_for(now); }

  // Why nothing more should be asked of the account; empty while something may. Of the state after the last
  // answer.
  [[nodiscard]] std::string give_up_reason(steady_time now) const;

  [[nodiscard]] int in_flight() const { return static_cast<int>(under_way_.size()); }
  [[nodiscard]] int window_size() const { return window_.size(); }
  [[nodiscard]] int throttled_in_a_row() const { return throttled_in_a_row_; }
  [[nodiscard]] breaker::state breaker_is(steady_time now) const { return breaker_.now_is(now); }

 private:
  struct waiting {
    ticket id;
    budget_charge price;
  };
  struct flight {
    steady_time started;
    bool probe;
  };
  // The earliest time at which the head of that line may start.
  [[nodiscard]] steady_time turn_of(const std::deque<waiting>& line, steady_time now) const;

  window window_;
  gate gate_;
  retry_budget budget_;
  breaker breaker_;
  std::array<std::deque<waiting>, 3> lines_;
  std::map<ticket, flight> under_way_;
  ticket next_ = 1;
  int throttled_in_a_row_ = 0;
};

} // namespace suivi::reconciler
