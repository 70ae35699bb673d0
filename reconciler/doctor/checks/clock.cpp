// Intervals of milliseconds, rounded so that they never claim too much.
#include "reconciler/doctor/checks/clock.hpp"

#include <algorithm>
#include <chrono>

namespace suivi::reconciler {

clock_interval clock_ahead(instant requested_at, instant answered, instant stated, milliseconds resolution) {
  return {std::chrono::floor<milliseconds>(stated - answered),
          std::chrono::ceil<milliseconds>(stated - requested_at) + resolution};
}

clock_interval narrowed(const clock_interval& earlier, const clock_interval& later) {
  clock_interval both{std::max(earlier.min, later.min), std::min(earlier.max, later.max)};
  return both.min <= both.max ? both : later;
}

milliseconds certain_skew(const clock_interval& ahead) {
  if (ahead.min > milliseconds(0)) return ahead.min;
  return std::min(ahead.max, milliseconds(0));
}

} // namespace suivi::reconciler
