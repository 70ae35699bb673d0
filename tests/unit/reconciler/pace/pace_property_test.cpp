// Pace under random callers and a random courier: whatever comes, the ceilings hold, the courier's word is
// kept, a silent courier hears one probe at a time, and in the end everybody has had a turn. The seed of a
// failing run is printed.
#include "reconciler/pace/pace.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <vector>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

class accounted_run {
 public:
  explicit accounted_run(std::uint64_t seed)
      : random_(seed),
        limits_{1 + static_cast<int>(below(12)), below(2) == 0 ? 0.0 : 1.0 + static_cast<double>(below(50))},
        pace_(limits_) {}

  void storm(int steps) {
    for (int i = 0; i < steps; ++i) {
      now_ += milliseconds(below(40));
      if (below(200) == 0) mood_ = below(5);
      switch (below(4)) {
      case 0:
        for (std::size_t many = below(5); many > 0; --many) stand();
        break;
      case 1:
        end_one(draw_answer());
        break;
      case 2:
        if (below(10) == 0) cancel_one();
        break;
      default:
        break;
      }
      admit();
    }
  }

  // From now on every answer is good: all that stand in line get their turn, at the times that look_again()
  // names.
  void calm() {
    for (int i = 0; !(line_.empty() && flying_.empty()); ++i) {
      if (i > 100'000) FAIL("some never got a turn");
      if (!flying_.empty()) {
        now_ += milliseconds(1);
        end_one(answer_kind::good);
      } else {
        steady_time next = pace_.recheck_at(now_);
        if (next == steady_time::max()) FAIL("nobody is under way and nobody will be");
        now_ = std::max(now_, next);
      }
      admit();
    }
  }

 private:
  struct queued {
    pace::ticket id;
    pace::priority priority;
    pace::budget_charge price;
  };
  struct flying {
    pace::ticket id;
    bool since_silence; // started after the courier fell silent
  };

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  answer_kind draw_answer() {
    constexpr answer_kind any[] = {answer_kind::good, answer_kind::throttled, answer_kind::busy,
                                   answer_kind::faulty, answer_kind::unreachable};
    return below(25) == 0 ? any[below(5)] : any[mood_];
  }

  void stand() {
    auto priority = static_cast<pace::priority>(below(3));
    auto price = priority == pace::priority::repetition ? pace::budget_charge::repeated
                                                        : static_cast<pace::budget_charge>(below(3));
    line_.push_back({pace_.stand_in_line(priority, price), priority, price});
  }

  void admit() {
    for (;;) {
      int window = pace_.window_size();
      auto next = pace_.admit(now_);
      if (!next) break;
      auto which = std::find_if(line_.begin(), line_.end(), [&](const queued& s) { return s.id == *next; });
      REQUIRE(which != line_.end());
      // Ceilings.
      REQUIRE(static_cast<int>(flying_.size()) < window);
      REQUIRE(window <= limits_.max_in_flight);
      if (limits_.requests_per_second > 0 && last_start_) {
        double apart = std::chrono::duration<double>(now_ - *last_start_).count();
        REQUIRE(apart >= 1.0 / limits_.requests_per_second - 1e-6);
      }
      // The courier's own word.
      REQUIRE(now_ >= closed_until_);
      // Nobody who needs nothing more is overtaken by a lesser priority, and within an priority nobody at
      // all.
      for (const queued& other : line_) {
        if (other.priority < which->priority && other.price != pace::budget_charge::repeated &&
            first_of(other.priority) == other.id)
          FAIL("overtaken");
        if (other.priority == which->priority) REQUIRE(other.id >= which->id);
      }
      // Repetitions.
      if (which->price == pace::budget_charge::repeated) ++repeated_;
      if (which->price == pace::budget_charge::first) ++firsts_;
      double seconds = std::chrono::duration<double>(now_ - steady_time(milliseconds(1))).count();
      REQUIRE(repeated_ <= retry_budget::stock + retry_budget::per_request * firsts_ +
                               retry_budget::per_second * seconds + 1);
      // A silent courier: a pause, then one probe.
      bool silent = absent_ >= courier::breaker_patience().unreachable_max;
      if (silent) {
        REQUIRE(now_ - silent_since_ >= courier::breaker_patience().first_pause / 2);
        for (const flying& f : flying_) REQUIRE_FALSE(f.since_silence);
      }
      last_start_ = now_;
      flying_.push_back({*next, silent});
      line_.erase(which);
    }
    REQUIRE(pace_.in_flight() == static_cast<int>(flying_.size()));
  }

  pace::ticket first_of(pace::priority priority) const {
    for (const queued& s : line_)
      if (s.priority == priority) return s.id;
    return 0;
  }

  void end_one(answer_kind how) {
    if (flying_.empty()) return;
    auto which = flying_.begin() + static_cast<std::ptrdiff_t>(below(flying_.size()));
    milliseconds wait(below(3'000));
    pace_.ended(which->id, how, wait, std::uniform_real_distribution<double>(0, 1)(random_), now_);
    if (how == answer_kind::throttled || how == answer_kind::busy)
      closed_until_ = std::max(closed_until_, now_ + wait);
    if (how == answer_kind::unreachable) {
      ++absent_;
      if (absent_ == courier::breaker_patience().unreachable_max || which->since_silence)
        silent_since_ = now_;
    } else {
      absent_ = 0;
    }
    flying_.erase(which);
    if (absent_ == 0)
      for (flying& f : flying_) f.since_silence = false;
  }

  void cancel_one() {
    if (!flying_.empty() && below(2) == 0) {
      pace_.left(flying_.front().id);
      flying_.erase(flying_.begin());
    } else if (!line_.empty()) {
      auto which = line_.begin() + static_cast<std::ptrdiff_t>(below(line_.size()));
      pace_.left(which->id);
      line_.erase(which);
    }
  }

  std::mt19937_64 random_;
  pace_limits limits_;
  pace pace_;
  steady_time now_{milliseconds(1)};
  std::size_t mood_ = 0;
  std::vector<queued> line_;
  std::vector<flying> flying_;
  std::optional<steady_time> last_start_;
  steady_time closed_until_{}, silent_since_{};
  int absent_ = 0;
  double repeated_ = 0, firsts_ = 0;
};

} // namespace

TEST_CASE("whatever the courier answers the limits hold and everybody gets a turn in the end") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    accounted_run run(seed);
    run.storm(1'500);
    run.calm();
  }
}
