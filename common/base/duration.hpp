// Durations and sizes as people write them in settings: `500ms`, `5s`, `10m`, `6h`, `14d`; `256KiB`, `1MiB`,
// `1GiB`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace suivi {

// A whole number and one unit of ms, s, m, h, d; nullopt otherwise or above a century (36500d), so that
// adding the value to a clock cannot overflow.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// The shortest exact form: 90s, 2m, 1d. Zero is `0s`. A negative one gets a sign in front.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds d);

// A whole number, with B, KiB, MiB, GiB or no unit (bytes); nullopt otherwise or where the value does not
// fit.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(std::uint64_t bytes);

} // namespace suivi
