// Virtual time: what is to happen, in its order, and the one source of chance. A run is decided by its seed
// alone.
#pragma once

#include "common/base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <vector>

namespace suivi::simulation {

using steady_time = std::chrono::steady_clock::time_point;

class timeline {
 public:
  explicit timeline(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] instant now() const { return now_; }
  [[nodiscard]] steady_time steady() const { return steady_time{} + std::chrono::hours(24) + (now_ - begin); }

  void at(instant when, std::function<void()> action) {
    queue_.push({std::max(when, now_), next_++, std::move(action)});
  }
  void after(milliseconds wait, std::function<void()> action) { at(now_ + wait, std::move(action)); }
  void run_until(instant end) {
    while (!queue_.empty() && queue_.top().when <= end) {
      auto next = queue_.top();
      queue_.pop();
      now_ = next.when;
      next.action();
    }
    now_ = end;
  }

  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  bool happens(double share) { return chance() < share; }
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  // Around `mean`, mostly shorter, now and then much longer.
  milliseconds about(milliseconds mean) {
    std::exponential_distribution<double> d(1.0 / static_cast<double>(mean.count()));
    return milliseconds(1 + static_cast<std::int64_t>(d(random_)));
  }

  static constexpr instant begin = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

 private:
  struct entry {
    instant when;
    std::uint64_t number;
    std::function<void()> action;
    bool operator<(const entry& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };

  instant now_ = begin;
  std::uint64_t next_ = 0;
  std::priority_queue<entry> queue_;
  std::mt19937_64 random_;
};

} // namespace suivi::simulation
