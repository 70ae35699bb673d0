// How long an overview that was read is shown.
#include "receiver/api/overview/overview_board.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace std::chrono_literals;

TEST_CASE("an overview that is dear to read is read more seldom") {
  CHECK(receiver::overview_good_for(0ms) == 300ms);
  CHECK(receiver::overview_good_for(20ms) == 300ms);
  CHECK(receiver::overview_good_for(270ms) == 1350ms);
  CHECK(receiver::overview_good_for(5s) == 3s);
}
