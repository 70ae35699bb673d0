// Reads Guepex's four quota headers.
#include "common/guepex/quota.hpp"

#include <algorithm>
#include <charconv>

namespace suivi::guepex {
namespace {

std::optional<std::int64_t> read_number(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::string_view digits = *text;
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  std::int64_t number = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  bool whole = problem == std::errc() && end == digits.data() + digits.size();
  return whole ? std::optional(std::max<std::int64_t>(number, 0)) : std::nullopt;
}

} // namespace

quota read_quota(const std::function<std::optional<std::string_view>(std::string_view name)>& header) {
  quota left;
  left.second = read_number(header("x-second-quota-left"));
  left.minute = read_number(header("x-minute-quota-left"));
  left.hour = read_number(header("x-hour-quota-left"));
  left.day = read_number(header("x-day-quota-left"));
  return left;
}

} // namespace suivi::guepex
