// Dates against a slow reader (a regular expression and a calendar that counts days one year at a time), and
// there and back through both printed forms.
#include "common/base/time.hpp"
#include "common/http/message/response_head.hpp"
#include "tests/fuzz/target.hpp"

#include <optional>
#include <regex>

namespace suivi::fuzz {
namespace {

constexpr std::int64_t day = 86'400'000'000;

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Days from 1970-01-01; nullopt for a day that does not exist.
std::optional<std::int64_t> slow_days(int year, int month, int of_month) {
  int lengths[] = {31, is_leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || of_month < 1 || of_month > lengths[month - 1]) return std::nullopt;
  std::int64_t days = of_month - 1;
  for (int m = 1; m < month; ++m) days += lengths[m - 1];
  for (int y = 1970; y < year; ++y) days += is_leap(y) ? 366 : 365;
  for (int y = year; y < 1970; ++y) days -= is_leap(y) ? 366 : 365;
  return days;
}

std::optional<std::int64_t> slow_instant(const std::string& text) {
  static const std::regex form(R"((\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)"
                               R"( *(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?)");
  std::smatch m;
  if (!std::regex_match(text, m, form)) return std::nullopt;
  auto number = [&](std::size_t group) { return m[group].matched ? std::stoi(m[group].str()) : 0; };
  auto days = slow_days(number(1), number(2), number(3));
  if (!days || number(1) == 0 || number(4) > 23 || number(5) > 59 || number(6) > 60) return std::nullopt;
  if (number(9) > 23 || number(10) > 59) return std::nullopt;
  std::string fraction = (m[7].str() + "000000").substr(0, 6);
  std::int64_t offset = (number(9) * 60 + number(10)) * (m[8].str() == "-" ? -60'000'000ll : 60'000'000ll);
  std::int64_t at = *days * day + (number(4) * 3600ll + number(5) * 60 + number(6)) * 1'000'000 +
                    std::stoi(fraction) - offset;
  if (at < *slow_days(1, 1, 1) * day || at >= (*slow_days(9999, 12, 31) + 1) * day) return std::nullopt;
  return at;
}

void check_instant(std::string_view bytes) {
  auto read = parse_instant(bytes);
  auto slow = slow_instant(std::string(bytes));
  require(read.has_value() == slow.has_value(), "the slow reader accepts the same dates");
  if (!read) return;
  require(read->time_since_epoch().count() == *slow, "the slow reader reads the same date");
  require(parse_instant(format_instant(*read)) == read, "a date can be written and read back");
  auto whole = std::chrono::floor<seconds>(*read);
  require(parse_http_date(http::format_http_date(*read)) == instant(whole), "so it can as an HTTP date");
}

void check_http_date(std::string_view bytes) {
  auto read = parse_http_date(bytes);
  if (!read) return;
  std::string again = http::format_http_date(*read);
  bool leap_second = bytes.substr(23, 2) == "60";
  require(leap_second || bytes.substr(5) == std::string_view(again).substr(5),
          "an HTTP date is written as it was read");
  require(parse_http_date(again) == read, "and read back");
}

} // namespace

void one_input(std::string_view bytes) {
  if (bytes.size() > 100) return; // the slow reader is recursive
  check_instant(bytes);
  check_http_date(bytes);
}

} // namespace suivi::fuzz
