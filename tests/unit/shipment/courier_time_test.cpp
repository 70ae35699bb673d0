// The times that Algerian couriers write.
#include "common/shipment/courier_time.hpp"

#include <doctest/doctest.h>

using namespace suivi;

TEST_CASE("a time without a zone is Algiers time, one hour ahead of UTC") {
  CHECK(parse_courier_time("2026-01-31 09:30:00") == parse_instant("2026-01-31T08:30:00Z"));
  CHECK(parse_courier_time("2026-07-31T00:10") == parse_instant("2026-07-30T23:10:00Z"));
  CHECK(parse_courier_time("2026-07-31") == parse_instant("2026-07-30T23:00:00Z"));
  CHECK(parse_courier_time(" 2026-07-31 12:00:00 ") == parse_instant("2026-07-31T11:00:00Z"));
}

TEST_CASE("a time with an offset of its own keeps it") {
  CHECK(parse_courier_time("2026-01-31T09:30:00Z") == parse_instant("2026-01-31T09:30:00Z"));
  CHECK(parse_courier_time("2026-01-31T09:30:00.000000Z") == parse_instant("2026-01-31T09:30:00Z"));
  CHECK(parse_courier_time("2026-01-31 09:30:00+02:00") == parse_instant("2026-01-31T07:30:00Z"));
}

TEST_CASE("what is no time is absent") {
  for (const char* text : {"", "yesterday", "2026-02-30 10:00:00", "0000-00-00 00:00:00", "2026-01-31 9h30"})
    CHECK_FALSE(parse_courier_time(text));
}

TEST_CASE("a day is the one that Algiers has") {
  CHECK(algiers_day(*parse_instant("2026-01-31T22:59:59Z")) == "2026-01-31");
  CHECK(algiers_day(*parse_instant("2026-01-31T23:00:00Z")) == "2026-02-01");
}
