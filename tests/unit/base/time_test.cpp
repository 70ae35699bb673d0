// Reading and printing points in time: every form seen in the wild, and what must not be taken for a time.
#include "common/base/time.hpp"

#include <doctest/doctest.h>

using namespace suivi;

namespace {

std::string reread(std::string_view text) {
  auto t = parse_instant(text);
  return t ? format_instant(*t) : "none";
}

} // namespace

TEST_CASE("a time is read with T or space, with or without seconds, fraction and offset") {
  CHECK(reread("2026-01-31") == "2026-01-31T00:00:00Z");
  CHECK(reread("2026-01-31T09:30") == "2026-01-31T09:30:00Z");
  CHECK(reread("2026-01-31T09:30:15") == "2026-01-31T09:30:15Z");
  CHECK(reread("2026-01-31 09:30:15Z") == "2026-01-31T09:30:15Z");
  CHECK(reread("2026-01-31t09:30:15z") == "2026-01-31T09:30:15Z");
  CHECK(reread("2026-01-31T09:30:15.5Z") == "2026-01-31T09:30:15.500000Z");
  CHECK(reread("2026-01-31T09:30:15.123456789Z") == "2026-01-31T09:30:15.123456Z");
  CHECK(reread("2026-01-31T09:30:15.123456+01:00") == "2026-01-31T08:30:15.123456Z");
  CHECK(reread("2026-01-31T09:30:15+0100") == "2026-01-31T08:30:15Z");
  CHECK(reread("2026-01-31 09:30:15.25-05") == "2026-01-31T14:30:15.250000Z");
  CHECK(reread("2026-01-01T00:30:00+01:00") == "2025-12-31T23:30:00Z");
  CHECK(reread("2024-02-29") == "2024-02-29T00:00:00Z");
  CHECK(reread("2026-12-31T23:59:60Z") == "2027-01-01T00:00:00Z");
}

TEST_CASE("what is no possible time is absent") {
  for (auto text : {"",
                    "soon",
                    "2026",
                    "2026-1-31",
                    "2026-02-29",
                    "2026-13-01",
                    "2026-00-10",
                    "0000-00-00",
                    "2026-01-31T",
                    "2026-01-31T09",
                    "2026-01-31T24:00:00",
                    "2026-01-31T09:60:00",
                    "2026-01-31T09:30:15.",
                    "2026-01-31T09:30:15+",
                    "2026-01-31T09:30:15+1",
                    "2026-01-31T09:30:15+24:00",
                    "2026-01-31T09:30:15+01:",
                    "2026-01-31T09:30:15 CET",
                    "2026-01-31x09:30",
                    "31/01/2026",
                    "infinity",
                    "1767166200",
                    " 2026-01-31"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_instant(text).has_value());
  }
}

TEST_CASE("times outside the years 1 to 9999 are absent, by offset too") {
  CHECK_FALSE(parse_instant("0000-01-01").has_value());
  CHECK_FALSE(parse_instant("0001-01-01T00:00:00+01:00").has_value());
  CHECK_FALSE(parse_instant("9999-12-31T23:59:59-01:00").has_value());
  CHECK(reread("0001-01-01T00:00:00") == "0001-01-01T00:00:00Z");
  CHECK(reread("9999-12-31T23:59:59.999999Z") == "9999-12-31T23:59:59.999999Z");
}

TEST_CASE("a time before 1970 is printed with its own fraction") {
  CHECK(reread("1969-12-31T23:59:59.75Z") == "1969-12-31T23:59:59.750000Z");
}

TEST_CASE("an HTTP date is read in its one fixed form") {
  auto t = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(t.has_value());
  CHECK(format_instant(*t) == "1994-11-06T08:49:37Z");
  for (auto text :
       {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49    GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "120"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text).has_value());
  }
}
