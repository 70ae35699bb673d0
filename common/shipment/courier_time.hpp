// Points in time as Algerian couriers write them: without a zone they are Algiers time. Pure.
#pragma once

#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace suivi {

// Africa/Algiers is one hour ahead of UTC all year, without daylight saving, since 1981.
inline constexpr std::chrono::hours algiers_ahead{1};

// As parse_instant(), but no offset means Algiers.
[[nodiscard]] std::optional<instant> parse_courier_time(std::string_view text);

// The day of `time` in Algiers, `YYYY-MM-DD`, as the couriers' day filters take it.
[[nodiscard]] std::string algiers_day(instant time);

} // namespace suivi
