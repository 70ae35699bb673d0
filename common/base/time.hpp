// Points in time, as Suivi keeps them: UTC, whole microseconds (PostgreSQL's own resolution).
//
// The only place that reads the wall clock. Deciding code takes `now` as an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace suivi {

using instant = std::chrono::sys_time<std::chrono::microseconds>;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Of a clock that is never set: for deadlines and durations.
using steady_time = std::chrono::steady_clock::time_point;

[[nodiscard]] instant now();
[[nodiscard]] steady_time steady_now();

// Tolerant: `YYYY-MM-DD`, then optionally `T` or a space and `hh:mm[:ss[.f…]]` with 0 to 9 (or more, cut)
// fraction digits, then optionally `Z`, `±hh`, `±hh:mm` or `±hhmm`. No offset means UTC. Anything else is
// nullopt, an impossible date or one outside the years 1 to 9999 (UTC) among it: an unreadable date is
// absent, not an error. PostgreSQL's ISO output is read too.
[[nodiscard]] std::optional<instant> parse_instant(std::string_view text);

// RFC 3339 in UTC: `2026-01-31T09:30:00.123456Z`; the fraction is left out when it is zero.
[[nodiscard]] std::string format_instant(instant t);

// IMF-fixdate of RFC 9110 § 5.6.7 (`Sun, 06 Nov 1994 08:49:37 GMT`), as in `Date` and `Retry-After`.
[[nodiscard]] std::optional<instant> parse_http_date(std::string_view text);

} // namespace suivi
