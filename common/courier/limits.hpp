// The limits that an account's pace is made of, each a small machine that is told what happened and when: how
// many requests may be in flight, how many may be repetitions, whether anybody is there at all, and when the
// next may start. Pure: no I/O, no clock, no chance of their own. The receiver's read_gate.hpp puts them
// together for single reads, the reconciler's pace.hpp for sweeps.
#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <optional>

namespace suivi::courier {

// Requests in flight: begins low, grows by one for each round trip in which the courier keeps up, halves when
// it does not. Requests that were under way when it was halved tell nothing new and halve it no further.
class window {
 public:
  explicit window(int max);
  [[nodiscard]] int size() const { return static_cast<int>(size_); } // 1 to max
  void on_success();
  void on_congestion(steady_time request_started, steady_time now);
  void begin_again(); // low, as at first

 private:
  double max_, size_;
  std::optional<steady_time> halved_at_;
};

// Repetitions: a stock, a fifth of one more for each first request, and a trickle, so that what fails is
// asked again in the end but a courier in trouble is not asked twice as much as a sound one.
class retry_budget {
 public:
  static constexpr double stock = 30, per_request = 0.2, per_second = 2;

  // `now` if a repetition may start, else when it may.
  [[nodiscard]] steady_time opens_at(steady_time now) const;
  void note_first_request();
  void repeated(steady_time now);

 private:
  [[nodiscard]] double left(steady_time now) const;
  double left_ = stock;
  std::optional<steady_time> as_of_; // of left_; the trickle runs from the first repetition on
};

struct breaker_patience {
  int unreachable_max = 8; // requests in a row that nobody answered
  milliseconds first_pause{500}, pause_max{8'000};
};

// Whether anybody is there. So many requests in a row that nobody answered open it: nothing starts for a
// while, then one request alone, the probe; its answer closes it again, its failure opens it for longer. Any
// answer counts, be it an error's: what is wrong with one page is no reason to leave the others unread.
class breaker {
 public:
  explicit breaker(breaker_patience with = {}) : with_(with) {}

  enum class state { closed, open, half_open };

  // `now` if a request may start, else when one may (time_point::max(): after the probe's answer). One that
  // starts while it is half open is the probe.
  [[nodiscard]] steady_time opens_at(steady_time now) const;
  [[nodiscard]] bool started(steady_time now); // true: it is the probe
  // `jitter` in [0, 1) spreads the pauses of several accounts.
  void unreachable(bool probe, double jitter, steady_time now);
  void reachable();
  void probe_lost(); // it was canceled

  [[nodiscard]] state now_is(steady_time now) const;
  // Since the first of the requests in a row that nobody answered.
  [[nodiscard]] milliseconds unreachable_for(steady_time now) const;
  [[nodiscard]] int unreachable_in_a_row() const { return unreachable_; }
  [[nodiscard]] bool ever_reachable() const { return ever_reachable_; }

 private:
  void open_for(double jitter, steady_time now);
  breaker_patience with_;
  int unreachable_ = 0;
  int times_opened_ = 0; // since the last answer
  std::optional<steady_time> unreachable_since_, open_until_;
  bool probing_ = false, ever_reachable_ = false;
};

// Whose fault a 403 is. While others are read with the same key it is the request's own, tried again and
// given up like any other; so many different ones in a row without a good answer between are the key's, which
// may have been withdrawn meanwhile. A 401 always is.
class refusals {
 public:
  static constexpr int requests_max = 5;

  // `accepted`: the key is believed to be good before it has been used; else the first 403 is the key's.
  explicit refusals(bool accepted = false) : accepted_(accepted) {}
  void accepted() { accepted_ = true, requests_ = 0; }
  // `first`: that request was not refused before.
  [[nodiscard]] bool is_of_key(unsigned status, bool first) {
    requests_ += first ? 1 : 0;
    return status != 403 || !accepted_ || requests_ >= requests_max;
  }

 private:
  bool accepted_ = false;
  int requests_ = 0; // refused since the last good answer
};

// When the next request may start: a ceiling of requests per second, and the courier's own word
// (Retry-After), which holds for the whole account.
class gate {
 public:
  explicit gate(double requests_per_second) : per_second_(requests_per_second) {}

  // `now` if a request may start at once, else the time to look again.
  [[nodiscard]] steady_time opens_at(steady_time now) const;
  void started(steady_time now);
  void close_until(steady_time when, steady_time now); // forwards only
  // What is left of it.
  [[nodiscard]] milliseconds closed_for(steady_time now) const;
  // How long it has been closed by the courier's word, all in all.
  [[nodiscard]] milliseconds closed_in_all() const { return closed_in_all_; }
  // How long requests have met nothing but throttling; zero after a good answer.
  [[nodiscard]] milliseconds throttled_for(steady_time now) const;
  void throttled(steady_time now);
  void answered_well();

 private:
  double per_second_;
  steady_time closed_until_{};
  steady_time next_start_{};
  milliseconds closed_in_all_{0};
  std::optional<steady_time> throttled_since_;
};

} // namespace suivi::courier
