// Local times of day in zones with and without changes of clocks.
#include "reconciler/schedule/schedule.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using std::chrono::hours;
using std::chrono::minutes;

namespace {
instant utc(const char* text) {
  return parse_instant(text).value();
}
std::string next(const schedule& s, const char* after) {
  return format_instant(s.next_after(utc(after)).value());
}
const schedule algiers({hours(0), hours(6), hours(12), hours(18)}, "Africa/Algiers");
} // namespace

TEST_CASE("Algiers is one hour ahead of UTC all year") {
  CHECK(next(algiers, "2026-01-10T10:00:00Z") == "2026-01-10T11:00:00Z");
  CHECK(next(algiers, "2026-07-10T10:00:00Z") == "2026-07-10T11:00:00Z");
  CHECK(next(algiers, "2026-07-10T17:30:00Z") == "2026-07-10T23:00:00Z");
}

TEST_CASE("the next run is strictly later") {
  CHECK(next(algiers, "2026-01-10T11:00:00Z") == "2026-01-10T17:00:00Z");
}

TEST_CASE("a run keeps its local time over the change of clocks in Paris") {
  schedule paris({hours(6)}, "Europe/Paris");
  CHECK(next(paris, "2026-03-28T12:00:00Z") == "2026-03-29T04:00:00Z"); // summer time from that night
  CHECK(next(paris, "2026-03-27T12:00:00Z") == "2026-03-28T05:00:00Z");
  CHECK(next(paris, "2026-10-24T12:00:00Z") == "2026-10-25T05:00:00Z");
}

TEST_CASE("a local time that is skipped runs at the change of clocks, once") {
  schedule paris({hours(2) + minutes(15), hours(2) + minutes(45)}, "Europe/Paris");
  CHECK(next(paris, "2026-03-28T20:00:00Z") == "2026-03-29T01:00:00Z");
  CHECK(next(paris, "2026-03-29T01:00:00Z") == "2026-03-30T00:15:00Z");
}

TEST_CASE("a local time that comes twice runs the first time only") {
  schedule paris({hours(2) + minutes(30)}, "Europe/Paris");
  CHECK(next(paris, "2026-10-24T22:00:00Z") == "2026-10-25T00:30:00Z");
  CHECK(next(paris, "2026-10-25T00:30:00Z") == "2026-10-26T01:30:00Z");
}

TEST_CASE("a run keeps its local time over changes of clocks that no list has any more") {
  schedule paris({hours(6)}, "Europe/Paris");
  CHECK(next(paris, "2036-07-10T12:00:00Z") == "2036-07-11T04:00:00Z");
  CHECK(next(paris, "2040-01-10T12:00:00Z") == "2040-01-11T05:00:00Z");
  CHECK(next(paris, "2040-07-10T12:00:00Z") == "2040-07-11T04:00:00Z");
  schedule around({hours(2) + minutes(30)}, "Europe/Paris"); // skipped on 2040-03-25, twice on 2040-10-28
  CHECK(next(around, "2040-03-24T12:00:00Z") == "2040-03-25T01:00:00Z");
  CHECK(next(around, "2040-10-27T12:00:00Z") == "2040-10-28T00:30:00Z");
  schedule sydney({hours(6)}, "Australia/Sydney");
  CHECK(next(sydney, "2045-01-10T00:00:00Z") == "2045-01-10T19:00:00Z");
  CHECK(next(sydney, "2045-07-10T00:00:00Z") == "2045-07-10T20:00:00Z");
  CHECK(next(algiers, "2045-07-10T10:00:00Z") == "2045-07-10T11:00:00Z");
}

TEST_CASE("where clocks change by a list and no rule, they do so as far as the list goes") {
  schedule morocco({hours(2) + minutes(30), hours(6)}, "Africa/Casablanca"); // an hour back in Ramadan
  CHECK(next(morocco, "2026-02-14T12:00:00Z") == "2026-02-15T01:30:00Z");
  CHECK(next(morocco, "2026-02-15T01:30:00Z") == "2026-02-15T06:00:00Z"); // 02:30 comes twice
  CHECK(next(morocco, "2026-03-21T12:00:00Z") == "2026-03-22T02:00:00Z"); // 02:30 is skipped
  CHECK(next(morocco, "2026-03-22T02:00:00Z") == "2026-03-22T05:00:00Z");
  CHECK(next(morocco, "2040-08-10T04:00:00Z") == "2040-08-10T05:00:00Z");
  CHECK(next(morocco, "2040-09-10T04:00:00Z") == "2040-09-10T06:00:00Z"); // Ramadan
}

TEST_CASE("a missed run is due until something started after it") {
  instant now = utc("2026-01-10T12:00:00Z"); // the last one was at 11:00Z
  CHECK(algiers.missed(std::nullopt, now));
  CHECK(algiers.missed(utc("2026-01-08T11:00:00Z"), now));
  CHECK(algiers.missed(utc("2026-01-10T10:59:59Z"), now));
  CHECK_FALSE(algiers.missed(utc("2026-01-10T11:00:00Z"), now));
}

TEST_CASE("without times nothing ever runs") {
  schedule never({}, "Africa/Algiers");
  CHECK_FALSE(never.next_after(utc("2026-01-10T12:00:00Z")));
  CHECK_FALSE(never.missed(std::nullopt, utc("2026-01-10T12:00:00Z")));
}
