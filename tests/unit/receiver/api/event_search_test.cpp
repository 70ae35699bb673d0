// Where a list of events looks.
#include "receiver/api/events/event_search.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

const instant place(std::chrono::seconds(1'800'000'000));

} // namespace

TEST_CASE("the stretches of a list are newest first, leave no gap and end with all that is older") {
  std::vector<stretch> all = stretches_before(place, std::nullopt);
  REQUIRE(all.size() == 3);
  CHECK_FALSE(all.front().until);
  CHECK(all.front().from == place - 24h);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].until == all[i - 1].from);
  CHECK_FALSE(all.back().from);
}

TEST_CASE("no stretch reaches beyond the time from which on events are asked for") {
  std::vector<stretch> near = stretches_before(place, place - 2h);
  REQUIRE(near.size() == 1);
  CHECK(near.front().from == place - 2h);
  std::vector<stretch> far = stretches_before(place, place - 72h);
  REQUIRE(far.size() == 2);
  CHECK(far.front().from == place - 24h);
  CHECK(far.back().from == place - 72h);
  CHECK(far.back().until == place - 24h);
}

TEST_CASE("each day of some events is named once") {
  CHECK(days_of({{3, "2026-11-28"}, {1, "2026-11-27"}, {2, "2026-11-28"}}) == "'2026-11-27','2026-11-28'");
}
