// One line a minute, and none of what it counts is forgotten.
#include "receiver/services/state/recurring_line.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace std::chrono_literals;
using receiver::recurring_line;

TEST_CASE("the first is said at once, those after it once a minute with their count") {
  recurring_line line;
  steady_time now = steady_now();
  CHECK_FALSE(line.due(now));
  CHECK(line.note(now) == 1U);
  CHECK_FALSE(line.note(now + 1s));
  CHECK_FALSE(line.note(now + 59s));
  CHECK(line.note(now + 60s) == 3U);
  CHECK_FALSE(line.due(now + 200s));
}

TEST_CASE("what came last is said when its minute is over, though no other comes") {
  recurring_line line;
  steady_time now = steady_now();
  CHECK(line.note(now) == 1U);
  CHECK_FALSE(line.note(now + 10s));
  CHECK_FALSE(line.due(now + 30s));
  CHECK(line.due(now + 61s) == 1U);
  CHECK_FALSE(line.due(now + 200s));
  CHECK(line.note(now + 200s) == 1U);
}
