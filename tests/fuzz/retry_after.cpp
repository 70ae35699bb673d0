// `Retry-After` against a slow reader: seconds, rounded up, or a date; never negative, never beyond a day.
#include "common/courier/response_meta.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <regex>

namespace suivi::fuzz {
namespace {

constexpr milliseconds longest{86'400'000};

std::optional<milliseconds> slow_retry_after(const std::string& text, instant now) {
  static const std::regex number(R"( *0*(\d+?)(?:\.(\d+))? *)");
  static const std::regex other(R"( *([^]*?) *)");
  std::smatch m;
  if (std::regex_match(text, m, number)) {
    if (m[1].length() > 9) return longest;
    bool more = m[2].str().find_first_not_of('0') != std::string::npos;
    return std::min(longest, milliseconds(std::stoll(m[1].str()) * 1000 + (more ? 1000 : 0)));
  }
  if (!std::regex_match(text, m, other)) return std::nullopt;
  auto date = parse_http_date(m[1].str());
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<milliseconds>(*date - now), milliseconds(0), longest);
}

} // namespace

void one_input(std::string_view bytes) {
  if (bytes.size() > 100) return; // the slow reader is recursive
  constexpr instant now{std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(9)};
  auto read = courier::read_retry_after(bytes, now);
  require(!read || (*read >= milliseconds(0) && *read <= longest), "a wait of nothing to a day");
  require(read == slow_retry_after(std::string(bytes), now), "the slow reader reads the same wait");
}

} // namespace suivi::fuzz
