// The reason of a verdict names orders whose numbers were not answered for.
#include "reconciler/plan/batch_plan.hpp"

#include <doctest/doctest.h>

using namespace suivi::reconciler;

TEST_CASE("the first failure is told, with the orders that it is about, ten of them at most") {
  read_failures failures;
  CHECK(failures.text().empty());
  failures.add("refused");
  failures.add("later");
  CHECK(failures.text() == "refused");
  failures.name("R17");
  CHECK(failures.text() == "order R17: refused");
  failures.name("R18");
  CHECK(failures.text() == "orders R17, R18: refused");
  for (int n = 0; n < 10; ++n) failures.name("X");
  CHECK(failures.text() == "orders R17, R18, X, X, X, X, X, X, X, X and 2 more: refused");
}
