// What one question tells of another clock.
#include "reconciler/doctor/checks/clock.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using namespace std::chrono_literals;

namespace {
const instant noon = *parse_instant("2026-03-01T12:00:00Z");
}

TEST_CASE("clocks that agree leave zero open, however long the answer took") {
  clock_interval quick = clock_ahead(noon, noon + 4ms, noon + 2ms, 0ms);
  CHECK(quick.min == -2ms);
  CHECK(quick.max == 2ms);
  CHECK(certain_skew(quick) == 0ms);
  CHECK(certain_skew(clock_ahead(noon, noon + 5s, noon + 4s, 0ms)) == 0ms);
}

TEST_CASE("half a second is told in one round trip") {
  CHECK(certain_skew(clock_ahead(noon, noon + 4ms, noon + 502ms, 0ms)) == 498ms);
  CHECK(certain_skew(clock_ahead(noon, noon + 4ms, noon - 498ms, 0ms)) == -498ms);
}

TEST_CASE("a clock of whole seconds is not blamed for what it does not show") {
  // 12:00:00.900 by both; the Date says 12:00:00.
  CHECK(certain_skew(clock_ahead(noon + 900ms, noon + 950ms, noon, 1s)) == 0ms);
  CHECK(certain_skew(clock_ahead(noon + 900ms, noon + 950ms, noon + 2s, 1s)) == 1050ms);
}

TEST_CASE("two questions narrow it down, and after a step the later one counts") {
  clock_interval first{-900ms, 100ms}, second{-200ms, 800ms};
  CHECK(narrowed(first, second).min == -200ms);
  CHECK(narrowed(first, second).max == 100ms);
  clock_interval after_step{5s, 6s};
  CHECK(narrowed(first, after_step).min == 5s);
}
