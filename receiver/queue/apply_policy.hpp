// When the apply lane begins its next batch. Pure: the state is an argument, the moment the answer.
//
// A transaction costs as much as some twenty events in it. An event that comes while nothing is under way, or
// while few come, is applied at once: there is time for a transaction of its own. The more came with the last
// batch, the longer the next one gathers, up to a few milliseconds, and never once it is worth its cost.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>

namespace suivi::receiver {

struct apply_rhythm {
  std::size_t waiting = 0;   // events
  std::size_t last_rows = 0; // of the last batch; 0: there was none
  steady_time last_ended{};  // its end
};

constexpr std::size_t worthwhile_rows = 100;
constexpr std::size_t few_rows = 8; // fewer are applied sooner one by one
constexpr std::chrono::microseconds gathering_each{125};
constexpr std::chrono::microseconds gathering_max{4'000};

// In the past, or now: at once. Another event may bring it nearer.
[[nodiscard]] steady_time begin_apply_at(const apply_rhythm& rhythm);

} // namespace suivi::receiver
