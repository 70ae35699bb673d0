// Times as people at the schedule's place read them. Pure; the time zone database is the system's.
#pragma once

#include "common/base/time.hpp"
#include "reconciler/schedule/clock_rule.hpp"

#include <optional>
#include <string>

namespace suivi::reconciler {

// The rule that the zone's clocks go by at `t`, where the system's list of its changes ends before.
[[nodiscard]] std::optional<clock_rule> rule_beyond_list(const std::string& zone, instant t);

// `2026-01-31 09:30:05`. `zone` is known to exist (settings are checked).
[[nodiscard]] std::string local_time(instant t, const std::string& zone);

// How far `t` is from `now`, to the unit that matters: `3 hours ago`, `in 20 minutes`, `now`.
[[nodiscard]] std::string distance_text(instant t, instant now);

// Both: `2026-01-31 09:30:05 (3 hours ago)`.
[[nodiscard]] std::string local_time_with_age(instant t, instant now, const std::string& zone);

} // namespace suivi::reconciler
