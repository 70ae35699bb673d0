// Intervals of milliseconds, rounded so that they never claim too much.
#include "reconciler/doctor/clock.hpp"

#include <algorithm>
#include <chrono>

namespace suivi::reconciler {

clock_interval clock_ahead(instant asked, instant answered, instant shown, milliseconds resolution) {
  return {std::chrono::floor<milliseconds>(shown - answered),
          std::chrono::ceil<milliseconds>(shown - asked) + resolution};
}

clock_interval narrowed(const clock_interval& earlier, const clock_interval& later) {
  clock_interval both{std::max(earlier.least, later.least), std::min(earlier.most, later.most)};
  return both.least <= both.most ? both : later;
}

milliseconds certain_skew(const clock_interval& ahead) {
  if (ahead.least > milliseconds(0)) return ahead.least;
  return std::min(ahead.most, milliseconds(0));
}

} // namespace suivi::reconciler
