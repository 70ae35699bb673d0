// Reading and printing points in time without locale, allocation or global state.
#include "common/base/time.hpp"

#include <array>
#include <fmt/format.h>

namespace suivi {
namespace {

using namespace std::chrono;

constexpr instant earliest = sys_days(year(1) / 1 / 1);
constexpr instant end_of_time = sys_days(year(10000) / 1 / 1);

struct cursor {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool digit() const { return !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; }
  // Exactly `count` digits.
  std::optional<int> number(int count) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (!digit()) return std::nullopt;
      value = value * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    return value;
  }
};

std::optional<microseconds> read_clock(cursor& in) {
  auto hour = in.number(2);
  if (!hour || !in.take(':')) return std::nullopt;
  auto minute = in.number(2);
  if (!minute) return std::nullopt;
  int second = 0;
  microseconds fraction{0};
  if (in.take(':')) {
    auto s = in.number(2);
    if (!s) return std::nullopt;
    second = *s;
    if (in.take('.') || in.take(',')) {
      int64_t unit = 100'000;
      if (!in.digit()) return std::nullopt;
      while (in.digit()) {
        fraction += microseconds((in.rest.front() - '0') * unit);
        unit /= 10;
        in.rest.remove_prefix(1);
      }
    }
  }
  if (*hour > 23 || *minute > 59 || second > 60) return std::nullopt; // 60: a leap second
  return hours(*hour) + minutes(*minute) + std::chrono::seconds(second) + fraction;
}

std::optional<microseconds> read_offset(cursor& in) {
  if (in.rest.empty() || in.rest == "Z" || in.rest == "z") {
    in.rest = {};
    return microseconds(0);
  }
  bool negative = in.rest.front() == '-';
  if (!negative && in.rest.front() != '+') return std::nullopt;
  in.rest.remove_prefix(1);
  auto hour = in.number(2);
  if (!hour) return std::nullopt;
  int minute = 0;
  if (!in.rest.empty()) {
    in.take(':');
    auto m = in.number(2);
    if (!m) return std::nullopt;
    minute = *m;
  }
  if (*hour > 23 || minute > 59) return std::nullopt;
  microseconds offset = hours(*hour) + minutes(minute);
  return negative ? -offset : offset;
}

} // namespace

instant now() {
  return time_point_cast<microseconds>(system_clock::now());
}

steady_time steady_now() {
  return std::chrono::steady_clock::now();
}

std::optional<instant> parse_instant(std::string_view text) {
  cursor in{text};
  auto y = in.number(4);
  if (!y || !in.take('-')) return std::nullopt;
  auto m = in.number(2);
  if (!m || !in.take('-')) return std::nullopt;
  auto d = in.number(2);
  if (!d) return std::nullopt;
  year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok() || *y == 0) return std::nullopt;
  instant midnight = sys_days(date);
  if (in.rest.empty()) return midnight;
  if (!in.take('T') && !in.take('t') && !in.take(' ')) return std::nullopt;
  auto clock = read_clock(in);
  if (!clock) return std::nullopt;
  while (in.take(' ')) {
  }
  auto offset = read_offset(in);
  if (!offset || !in.rest.empty()) return std::nullopt;
  instant t = midnight + *clock - *offset;
  // An offset may lead out of the years 1 to 9999, which neither PostgreSQL's text nor RFC 3339 can say.
  if (t < earliest || t >= end_of_time) return std::nullopt;
  return t;
}

std::string format_instant(instant t) {
  auto day_start = floor<days>(t);
  year_month_day date{day_start};
  hh_mm_ss clock{t - day_start};
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:06}", clock.subseconds().count());
  return text + "Z";
}

std::optional<instant> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  cursor in{text.substr(5)};
  auto d = in.number(2);
  if (!d || !in.take(' ')) return std::nullopt;
  unsigned m = 0;
  while (m < 12 && in.rest.substr(0, 3) != months[m]) ++m;
  if (m == 12) return std::nullopt;
  in.rest.remove_prefix(3);
  if (!in.take(' ')) return std::nullopt;
  auto y = in.number(4);
  if (!y || !in.take(' ')) return std::nullopt;
  year_month_day date{year(*y), month(m + 1), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  auto clock = read_clock(in);
  if (!clock || in.rest != " GMT") return std::nullopt;
  return instant(sys_days(date)) + *clock;
}

} // namespace suivi
