// How far two clocks are apart, as exactly as questions and answers tell. Pure.
#pragma once

#include "common/base/time.hpp"

namespace suivi::reconciler {

// The other clock is ahead of ours by no less and no more; negative: behind.
struct clock_interval {
  milliseconds min{0}, max{0};
};

// One question: sent and answered by our clock, and what the other one showed in between. `resolution`: it
// shows no smaller steps (an HTTP Date: a second).
[[nodiscard]] clock_interval clock_ahead(instant requested_at, instant answered, instant stated,
                                         milliseconds resolution);
// What both leave possible; `later` where they contradict each other, for a clock may have been set.
[[nodiscard]] clock_interval narrowed(const clock_interval& earlier, const clock_interval& later);
// What is beyond doubt: zero where the clocks may agree.
[[nodiscard]] milliseconds certain_skew(const clock_interval& ahead);

} // namespace suivi::reconciler
