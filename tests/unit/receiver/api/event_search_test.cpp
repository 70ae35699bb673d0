// Where a list of events looks.
#include "receiver/api/events/event_search.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

TEST_CASE("each day of some events is named once") {
  CHECK(days_of({{3, "2026-11-28"}, {1, "2026-11-27"}, {2, "2026-11-28"}}) == "'2026-11-27','2026-11-28'");
}
