// How long to wait before the next try.
#include "common/base/backoff.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace std::chrono_literals;

TEST_CASE("a pause doubles with every try up to its limit") {
  CHECK(backoff(0, 20ms, 1s, 0) == 20ms);
  CHECK(backoff(3, 20ms, 1s, 0) == 160ms);
  CHECK(backoff(1'000'000, 20ms, 1s, 0) == 1s);
}

TEST_CASE("jitter takes at most half of a pause away") {
  CHECK(backoff(0, 100ms, 1s, 0.5) == 75ms);
  CHECK(backoff(0, 100ms, 1s, 0.999) >= 50ms);
}
