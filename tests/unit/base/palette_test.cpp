// Colors where they are wanted.
#include "common/base/palette.hpp"

#include <doctest/doctest.h>

using namespace suivi;

TEST_CASE("a palette that is off changes nothing, one that is on ends each color") {
  palette off, on(true);
  CHECK(off.bad("FAIL") == "FAIL");
  CHECK(off.with_bad("a BAD b", "BAD") == "a BAD b");
  CHECK(on.good("PASS") == "\x1b[32mPASS\x1b[0m");
  CHECK(on.with_bad("BAD b BAD", "BAD") == "\x1b[1;31mBAD\x1b[0m b \x1b[1;31mBAD\x1b[0m");
  CHECK(on.with_bad("well", "BAD") == "well");
}
