// When the next sweeps are due, as the operations API shows it.
#include "reconciler/worker/next_sweeps.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using namespace std::chrono_literals;

namespace {

const instant nine = *parse_instant("2026-03-01T09:00:00Z");
const schedule times({0h, 12h}, "UTC");

} // namespace

TEST_CASE("the next full sweep is the schedule's next, the next incremental one comes after the last start") {
  last_sweep_starts last;
  last.full = last.any = nine - 1h;
  next_sweeps next = reckon_next("a", "Main", times, last, 5min, nine);
  CHECK(next.full == nine + 3h);
  CHECK(next.full_due == nine - 9h);
  CHECK(next.incremental == nine - 1h + 5min);
  CHECK_FALSE(reckon_next("a", "Main", times, last, 0ms, nine).incremental.has_value());
}

TEST_CASE(
    "a full sweep that was missed is due now and an incomplete one is tried again before the schedule") {
  last_sweep_starts missed;
  missed.full = missed.any = nine - 20h;
  CHECK(reckon_next("a", "Main", times, missed, 5min, nine).full == nine);
  last_sweep_starts failed;
  failed.full = failed.any = nine - 10s;
  failed.full_ended = nine - 5s;
  failed.incomplete_fulls = 2;
  CHECK(reckon_next("a", "Main", times, failed, 5min, nine).full == nine - 5s + 5min);
}
