// Turns status lines into error codes. The body of an answer is never quoted: it may name customers.
#include "common/courier/response_meta.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace suivi::courier {
namespace {

constexpr milliseconds longest{std::chrono::hours(24)};

// A year of two digits is the nearest that ends so (RFC 9110 § 5.6.7).
std::string whole_year(std::string_view two_digits, instant now) {
  int year = 0;
  auto [end, problem] = std::from_chars(two_digits.data(), two_digits.data() + two_digits.size(), year);
  if (problem != std::errc() || end != two_digits.data() + two_digits.size()) return {};
  int this_year =
      static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
  year += this_year / 100 * 100;
  if (year > this_year + 50) year -= 100;
  if (year < this_year - 49) year += 100;
  return fmt::format("{:04}", year);
}

// The two older forms, which whoever reads dates has to know, in today's: `Sunday, 06-Nov-94 08:49:37 GMT`
// and `Sun Nov  6 08:49:37 1994`. Everything else as it is.
std::string in_todays_form(std::string_view text, instant now) {
  std::size_t comma = text.find(", ");
  std::string_view date = text.substr(std::min(text.size(), comma == text.npos ? comma : comma + 2));
  if (date.size() == 22 && date[2] == '-' && date[6] == '-')
    return fmt::format("{}, {} {} {}{}", text.substr(0, 3), date.substr(0, 2), date.substr(3, 3),
                       whole_year(date.substr(7, 2), now), date.substr(9));
  if (text.size() == 24 && text[3] == ' ' && text[10] == ' ' && text[19] == ' ')
    return fmt::format("{}, {}{} {} {} {} GMT", text.substr(0, 3), text[8] == ' ' ? '0' : text[8], text[9],
                       text.substr(4, 3), text.substr(20), text.substr(11, 8));
  return std::string(text);
}

} // namespace

std::optional<milliseconds> read_retry_after(std::string_view text, instant server_now) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (std::optional<instant> date = parse_http_date(in_todays_form(text, server_now))) {
    auto wait = std::chrono::ceil<milliseconds>(*date - server_now);
    return std::clamp(wait, milliseconds(0), longest);
  }
  std::string_view whole = text.substr(0, text.find('.'));
  std::string_view fraction = text.substr(std::min(text.size(), whole.size() + 1));
  bool only_digits = !whole.empty() && (whole.size() == text.size() || !fraction.empty());
  only_digits = only_digits && whole.find_first_not_of("0123456789") == std::string_view::npos;
  if (!only_digits || fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t count = 0;
  auto [end, problem] = std::from_chars(whole.data(), whole.data() + whole.size(), count);
  if (problem != std::errc() || count >= std::chrono::seconds(std::chrono::hours(24)).count()) return longest;
  bool more = fraction.find_first_not_of('0') != std::string_view::npos;
  return milliseconds(std::chrono::seconds(count + (more ? 1 : 0)));
}

std::optional<error> refusal(unsigned status, std::string_view description) {
  if (status >= 200 && status <= 299) return std::nullopt;
  std::string detail = fmt::format("{}: the courier answered {}", description, status);
  if (status == 401 || status == 403) return permanent("courier:unauthorized", detail);
  if (status == 404) return permanent("courier:not_found", detail);
  if (status == 429) return transient("courier:throttled", detail);
  // 408 and 425 ask for another try in so many words.
  if (status >= 500 || status == 408 || status == 425) return transient("courier:server", detail);
  return permanent("courier:refused", detail);
}

} // namespace suivi::courier
