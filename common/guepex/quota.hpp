// How many requests Guepex still takes: told by four headers of every answer, reset each new second, minute,
// hour and midnight.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace suivi::guepex {

// What is left, or what is allowed; missing where it is not known.
struct quota {
  std::optional<std::int64_t> second, minute, hour, day;

  bool operator==(const quota&) const = default;
};

// Without headers these hold.
inline constexpr std::int64_t second_max = 5, minute_max = 50, hour_max = 1'000, day_max = 10'000;

// Sweeps and batches stop at what is left here, so that a tenth stays for single reads, which stop at none.
inline constexpr std::int64_t second_kept = 0, minute_kept = 5, hour_kept = 100, day_kept = 1'000;

// `header` finds an answer's header by its name. What is no whole number is missing; below 0 nothing is left.
[[nodiscard]] quota
read_quota(const std::function<std::optional<std::string_view>(std::string_view name)>& header);

} // namespace suivi::guepex
