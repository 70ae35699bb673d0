// Errors as values: their kinds and their text.
#include "common/base/error.hpp"

#include <doctest/doctest.h>
#include <stdexcept>

using namespace suivi;

namespace {

result<int> half(int n) {
  if (n % 2 != 0) return permanent("odd", "an odd number has no half");
  return n / 2;
}

} // namespace

TEST_CASE("an error keeps its kind, code and detail") {
  CHECK(transient("timeout", "").kind == failure::transient);
  CHECK(in_doubt("lost", "").kind == failure::in_doubt);
  auto wrong = half(3);
  REQUIRE(wrong.has_error());
  CHECK(wrong.error().kind == failure::permanent);
  CHECK(to_string(wrong.error()) == "odd: an odd number has no half");
}

TEST_CASE("asking an error for its value is a programmer's mistake and throws") {
  CHECK(half(4).value() == 2);
  CHECK_THROWS_AS((void)half(3).value(), std::logic_error);
}
