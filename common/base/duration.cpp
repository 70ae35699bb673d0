// Reads and prints durations and sizes. Each has one table of units.
#include "common/base/duration.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace suivi {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<unit, 5> durations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 4> sizes{{{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"B", 1}}};

// A deadline is the steady clock's nanoseconds plus this: a century leaves room for the sum.
constexpr std::uint64_t longest = 36'500ull * 86'400'000;

template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<unit, N>& units,
                                   std::optional<std::uint64_t> unitless, std::uint64_t limit) {
  std::uint64_t number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end == text.data()) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  std::optional<std::uint64_t> factor = name.empty() ? unitless : std::nullopt;
  for (const unit& u : units)
    if (u.name == name) factor = u.factor;
  if (!factor) return std::nullopt;
  std::uint64_t value = 0;
  if (__builtin_mul_overflow(number, *factor, &value) || value > limit) return std::nullopt;
  return value;
}

template <std::size_t N>
std::string format(std::uint64_t value, const std::array<unit, N>& units) {
  for (const unit& u : units)
    if (value % u.factor == 0) return fmt::format("{}{}", value / u.factor, u.name);
  return fmt::format("{}{}", value, units.back().name);
}

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto value = parse(text, durations, std::nullopt, longest);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string format_duration(std::chrono::milliseconds d) {
  if (d.count() == 0) return "0s";
  if (d.count() < 0) return "-" + format(0 - static_cast<std::uint64_t>(d.count()), durations);
  return format(static_cast<std::uint64_t>(d.count()), durations);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, sizes, 1, 1ull << 62);
}

std::string format_size(std::uint64_t bytes) {
  return bytes == 0 ? "0" : format(bytes, sizes);
}

} // namespace suivi
