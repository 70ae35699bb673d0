// How many open parcels a sweep re-reads.
#include "reconciler/rotation.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

TEST_CASE("every sweep re-reads a few, and never more than there are") {
  CHECK(rotation_budget(0, milliseconds(300'000)) == 0);
  CHECK(rotation_budget(3, milliseconds(300'000)) == 3);
  CHECK(rotation_budget(400, milliseconds(300'000)) == rotation_least);
}

TEST_CASE("the budget reads all open parcels within the period up to its ceiling") {
  for (std::int64_t open : {1'000, 5'000, 20'000, 38'400})
    for (std::int64_t every : {1'000, 60'000, 300'000, 900'000}) {
      std::int64_t sweeps = std::chrono::milliseconds(rotation_period).count() / every;
      std::int64_t budget = rotation_budget(open, milliseconds(every));
      CAPTURE(open);
      CAPTURE(every);
      CHECK((budget == rotation_most || budget * sweeps >= open));
      if (open <= rotation_most * sweeps) CHECK(budget * sweeps >= open);
    }
  CHECK(rotation_budget(38'400, milliseconds(300'000)) == 200);
  CHECK(rotation_budget(1'000'000, milliseconds(300'000)) == rotation_most);
}

TEST_CASE("a one-off sweep where incremental ones are off reckons with the default") {
  CHECK(rotation_budget(38'400, milliseconds(0)) == rotation_budget(38'400, milliseconds(300'000)));
}
