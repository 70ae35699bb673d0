// Local times with their ages.
#include "reconciler/schedule/local_time.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

TEST_CASE("times are told in the schedule's zone, with how far away they are") {
  auto at = [](const char* text) { return parse_instant(text).value(); };
  CHECK(local_time(at("2026-01-31T23:30:05.9Z"), "Africa/Algiers") == "2026-02-01 00:30:05");
  CHECK(local_time(at("2026-07-01T10:00:00Z"), "Europe/Paris") == "2026-07-01 12:00:00");
  CHECK(local_time(at("2040-07-01T10:00:00.5Z"), "Europe/Paris") == "2040-07-01 12:00:00"); // listed nowhere
  instant noon = at("2026-03-01T12:00:00Z");
  CHECK(distance_text(at("2026-03-01T08:59:00Z"), noon) == "3 hours ago");
  CHECK(distance_text(at("2026-03-01T12:20:00Z"), noon) == "in 20 minutes");
  CHECK(distance_text(at("2026-03-01T11:59:01Z"), noon) == "59 seconds ago");
  CHECK(distance_text(at("2026-02-20T12:00:00Z"), noon) == "9 days ago");
  CHECK(distance_text(noon, noon) == "now");
  CHECK(local_time_with_age(at("2026-03-01T11:00:00Z"), noon, "Africa/Algiers") ==
        "2026-03-01 12:00:00 (60 minutes ago)");
}
