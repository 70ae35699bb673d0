// How many open parcels a sweep re-reads.
#include "reconciler/sweep/rotation.hpp"

#include <algorithm>
#include <deque>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

TEST_CASE("every sweep re-reads a few, and never more than there are") {
  CHECK(rotation_budget(0, milliseconds(300'000)) == 0);
  CHECK(rotation_budget(3, milliseconds(300'000)) == 3);
  CHECK(rotation_budget(400, milliseconds(300'000)) == rotation_min);
}

TEST_CASE("the budget reads all open parcels within the period up to its ceiling") {
  for (std::int64_t open : {1'000, 5'000, 20'000, 38'400})
    for (std::int64_t every : {1'000, 60'000, 300'000, 900'000}) {
      std::int64_t sweeps = std::chrono::milliseconds(rotation_period).count() / every;
      std::int64_t budget = rotation_budget(open, milliseconds(every));
      CAPTURE(open);
      CAPTURE(every);
      CHECK((budget == rotation_max || budget * sweeps >= open));
      if (open <= rotation_max * sweeps) CHECK(budget * sweeps >= open);
    }
  CHECK(rotation_budget(38'400, milliseconds(300'000)) == 200);
  CHECK(rotation_budget(1'000'000, milliseconds(300'000)) == rotation_max);
}

TEST_CASE("a one-off sweep where incremental ones are off reckons with the default") {
  CHECK(rotation_budget(38'400, milliseconds(0)) == rotation_budget(38'400, milliseconds(300'000)));
}

// The rule of rotation.cpp's statement: longest without a pull first, the first few in any case, others once
// they have rested. Time goes on from incremental sweep to incremental sweep.
TEST_CASE("every open parcel is pulled at least once a day while incremental sweeps run, up to the "
          "documented number") {
  using std::chrono::minutes;
  for (std::int64_t open : {1, 7, 960, 5'000, 38'400}) {
    for (minutes every : {minutes(5), minutes(1)}) {
      CAPTURE(open);
      CAPTURE(every.count());
      // At the start all were pulled by one full sweep, which is the worst: they are due together.
      std::deque<minutes> pulled(static_cast<std::size_t>(open), minutes(0)); // longest ago first
      minutes longest{0};
      for (minutes now = every; now <= std::chrono::hours(72); now += every) {
        std::int64_t budget = rotation_budget(open, every);
        for (std::int64_t place = 0; place < budget; ++place) {
          if (place >= rotation_min && now - pulled.front() < rotation_rest) break;
          longest = std::max(longest, now - pulled.front());
          pulled.pop_front();
          pulled.push_back(now);
        }
        longest = std::max(longest, now - pulled.front());
      }
      CHECK(longest <= rotation_rest + rotation_period);
    }
  }
}
