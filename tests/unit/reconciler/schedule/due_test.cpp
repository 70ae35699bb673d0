// What an account is due for.
#include "reconciler/schedule/due.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using std::chrono::hours;
using std::chrono::minutes;

namespace {
instant utc(const char* text) {
  return parse_instant(text).value();
}
const schedule four_times({hours(0), hours(6), hours(12), hours(18)},
                          "Africa/Algiers"); // 11:00Z is one of them
const milliseconds five{300'000};
const instant today = utc("2026-01-10T12:00:00Z");
} // namespace

TEST_CASE("what was never swept is due for a full sweep") {
  CHECK(due_at(four_times, {}, five, today) == due::full);
  CHECK(due_at(four_times, {}, milliseconds(0), today) == due::full);
}

TEST_CASE("runs missed in a week of downtime are one full sweep") {
  last_sweep_starts before{utc("2026-01-03T11:00:00Z"), utc("2026-01-03T11:55:00Z")};
  CHECK(due_at(four_times, before, five, today) == due::full);
  last_sweep_starts after{today, today};
  CHECK(due_at(four_times, after, five, today + minutes(1)) == due::nothing);
}

TEST_CASE("an incremental sweep is due some time after the last start of either kind") {
  instant full = utc("2026-01-10T11:00:00Z");
  CHECK(due_at(four_times, {full, full}, five, full + minutes(4)) == due::nothing);
  CHECK(due_at(four_times, {full, full}, five, full + minutes(5)) == due::incremental);
  CHECK(due_at(four_times, {full, today}, five, today + minutes(4)) == due::nothing);
  CHECK(due_at(four_times, {full, today}, five, today + minutes(5)) == due::incremental);
  CHECK(due_at(four_times, {full, full}, milliseconds(0), today) == due::nothing);
}

TEST_CASE("without a schedule there are incremental sweeps only") {
  schedule never({}, "Africa/Algiers");
  CHECK(due_at(never, {}, five, today) == due::incremental);
  CHECK(due_at(never, {}, milliseconds(0), today) == due::nothing);
}

TEST_CASE("a start in the future does not hold up the next sweep") {
  instant full = utc("2026-01-10T11:00:00Z");
  CHECK(due_at(four_times, {full, today + hours(1)}, five, today) == due::incremental);
}

TEST_CASE("the next look is at the next sweep of either kind") {
  instant full = utc("2026-01-10T11:00:00Z");
  CHECK(next_due(four_times, {full, today}, five, today) == today + minutes(5));
  CHECK(next_due(four_times, {full, today}, milliseconds(0), today) == utc("2026-01-10T17:00:00Z"));
  CHECK(next_due(four_times, {full, utc("2026-01-10T16:58:00Z")}, five, utc("2026-01-10T16:59:00Z")) ==
        utc("2026-01-10T17:00:00Z"));
}

TEST_CASE("a full sweep that ended incomplete is tried again after 1, 5, 15 and then every 60 minutes") {
  instant full = utc("2026-01-10T11:00:00Z"), ended = full + minutes(2);
  for (auto [in_a_row, pause] :
       {std::pair(1, 1), std::pair(2, 5), std::pair(3, 15), std::pair(4, 60), std::pair(9, 60)}) {
    CAPTURE(in_a_row);
    last_sweep_starts last{full, full, in_a_row, ended};
    CHECK(due_at(four_times, last, milliseconds(0),
                 ended + minutes(pause) - minutes(1) + std::chrono::seconds(59)) == due::nothing);
    CHECK(due_at(four_times, last, milliseconds(0), ended + minutes(pause)) == due::full);
    CHECK(next_due(four_times, last, milliseconds(0), ended) == ended + minutes(pause));
  }
}

TEST_CASE("a complete full sweep is not repeated, and without a schedule an incomplete one neither") {
  instant full = utc("2026-01-10T11:00:00Z");
  CHECK(due_at(four_times, {full, full, 0, full}, milliseconds(0), full + hours(2)) == due::nothing);
  schedule never({}, "Africa/Algiers");
  CHECK(due_at(never, {full, full, 2, full}, milliseconds(0), full + hours(2)) == due::nothing);
}

TEST_CASE(
    "sweeps of an account begin half an interval apart, half a minute at most, whatever the tables say") {
  using namespace std::chrono_literals;
  CHECK(rest_left(0s, 10s) == 5s);
  CHECK(rest_left(4s, 10s) == 1s);
  CHECK(rest_left(5s, 10s) == 0s);
  CHECK(rest_left(0s, five) == 30s);
  CHECK(rest_left(29s, five) == 1s);
  CHECK(rest_left(1h, five) == 0s);
  CHECK(rest_left(0s, 0s) == 30s); // without incremental sweeps
}
