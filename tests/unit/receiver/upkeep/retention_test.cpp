// Which days of webhooks go, and in which order.
#include "receiver/upkeep/retention_sql.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

sys_days day(const char* text) {
  return std::chrono::floor<std::chrono::days>(parse_instant(text).value());
}
sys_days kept(const char* now, milliseconds keep) {
  return first_day_kept(parse_instant(now).value(), keep);
}

} // namespace

TEST_CASE("a day goes when its last moment is older than what is kept") {
  CHECK(kept("2026-03-10T12:00:00Z", 24h * 90) == day("2025-12-10"));
  CHECK(kept("2026-03-10T00:00:00Z", 48h) == day("2026-03-08"));
  CHECK(kept("2026-03-09T23:59:59.999999Z", 48h) == day("2026-03-07"));
  CHECK(kept("2026-03-10T12:00:00Z", 24h * 36500) == day("1926-04-04"));
}

TEST_CASE("less than a day keeps whole days, today always") {
  CHECK(kept("2026-03-10T00:59:59Z", 1h) == day("2026-03-09"));
  CHECK(kept("2026-03-10T01:00:00Z", 1h) == day("2026-03-10"));
  CHECK(kept("2026-03-10T23:59:59Z", 1h) == day("2026-03-10"));
  CHECK(kept("2026-03-10T00:00:00Z", 1ms) == day("2026-03-09"));
  CHECK(kept("2026-03-10T00:00:00Z", 0ms) == day("2026-03-10"));
  CHECK(kept("2026-03-10T12:00:00Z", -1h) == day("2026-03-10"));
}

TEST_CASE("days go oldest first and webhooks before what became of them") {
  std::vector<day_partition> all{{"event_outcome", day("2026-03-08")},
                                 {"inbox", day("2026-03-09")},
                                 {"event_outcome", day("2026-03-07")},
                                 {"inbox", day("2026-03-08")},
                                 {"event_outcome", day("2026-03-09")}};
  std::vector<day_partition> going{{"event_outcome", day("2026-03-07")},
                                   {"inbox", day("2026-03-08")},
                                   {"event_outcome", day("2026-03-08")}};
  CHECK(days_to_drop(all, day("2026-03-09")) == going);
  CHECK(days_to_drop(all, day("2026-03-07")).empty());
  CHECK(days_to_drop({}, day("2026-03-09")).empty());
}
