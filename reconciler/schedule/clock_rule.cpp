// The grammar of POSIX's TZ, and days counted through Howard Hinnant's date library.
#include "reconciler/schedule/clock_rule.hpp"

#include <algorithm>
#include <cctype>

namespace suivi::reconciler {
namespace {

using std::chrono::seconds;

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> take_number(std::string_view& text) {
  std::size_t digits = 0;
  int value = 0;
  while (digits < text.size() && digits < 4 && std::isdigit(static_cast<unsigned char>(text[digits])) != 0)
    value = value * 10 + (text[digits++] - '0');
  text.remove_prefix(digits);
  return digits > 0 ? std::optional(value) : std::nullopt;
}

// "CET", or "<+03>".
bool take_name(std::string_view& text) {
  std::size_t size = 0;
  if (text.starts_with('<'))
    size = text.find('>') == std::string_view::npos ? 0 : text.find('>') + 1;
  else
    while (size < text.size() && std::isalpha(static_cast<unsigned char>(text[size])) != 0) ++size;
  text.remove_prefix(size);
  return size > 0;
}

// [+-]hours[:minutes[:seconds]]
std::optional<seconds> take_time(std::string_view& text) {
  bool negative = take(text, '-');
  if (!negative) take(text, '+');
  std::optional<int> hours = take_number(text);
  if (!hours) return std::nullopt;
  seconds time = std::chrono::hours(*hours);
  for (int unit = 60; unit >= 1 && take(text, ':'); unit /= 60) {
    std::optional<int> part = take_number(text);
    if (!part) return std::nullopt;
    time += seconds(*part * unit);
  }
  return negative ? -time : time;
}

date::year year_of(instant t) {
  return date::year_month_day(date::floor<date::days>(t)).year();
}

} // namespace

std::optional<clock_rule::change> clock_rule::read_change(std::string_view& text) {
  change read;
  if (!take(text, ',') || !take(text, 'M')) return std::nullopt;
  std::optional<int> month = take_number(text);
  std::optional<int> week = take(text, '.') ? take_number(text) : std::nullopt;
  std::optional<int> weekday = take(text, '.') ? take_number(text) : std::nullopt;
  bool possible =
      month && week && weekday && *month >= 1 && *month <= 12 && *week >= 1 && *week <= 5 && *weekday <= 6;
  if (!possible) return std::nullopt;
  read.month = static_cast<unsigned>(*month);
  read.week = static_cast<unsigned>(*week);
  read.weekday = static_cast<unsigned>(*weekday);
  if (!take(text, '/')) return read;
  std::optional<seconds> at = take_time(text);
  if (!at) return std::nullopt;
  read.at = *at;
  return read;
}

std::optional<clock_rule> clock_rule::parse(std::string_view text) {
  clock_rule rule;
  if (!take_name(text)) return std::nullopt;
  std::optional<seconds> west = take_time(text);
  if (!west) return std::nullopt;
  rule.standard_ = rule.summer_ = -*west;
  if (text.empty()) return rule;
  if (!take_name(text)) return std::nullopt;
  rule.summer_ += std::chrono::hours(1);
  if (!text.starts_with(',')) {
    std::optional<seconds> summer_west = take_time(text);
    if (!summer_west) return std::nullopt;
    rule.summer_ = -*summer_west;
  }
  rule.begins_ = read_change(text);
  if (rule.begins_) rule.ends_ = read_change(text);
  if (!rule.ends_ || !text.empty()) return std::nullopt;
  return rule;
}

std::array<instant, 2> clock_rule::changes_in(date::year year) const {
  auto moment = [&](const change& of, seconds offset_before) {
    date::year_month month = year / date::month(of.month);
    date::weekday day(of.weekday);
    date::sys_days on =
        of.week == 5 ? date::sys_days(month / day[date::last]) : date::sys_days(month / day[of.week]);
    return std::chrono::time_point_cast<microseconds>(on + of.at - offset_before);
  };
  return {moment(*begins_, standard_), moment(*ends_, summer_)};
}

seconds clock_rule::offset_at(instant t) const {
  if (!begins_) return standard_;
  auto [begin, end] = changes_in(year_of(t + standard_));
  bool summer =
      begin < end ? t >= begin && t < end : t >= begin || t < end; // south of the equator: over New Year
  return summer ? summer_ : standard_;
}

date::local_time<microseconds> clock_rule::to_local(instant t) const {
  return date::local_time<microseconds>((t + offset_at(t)).time_since_epoch());
}

instant clock_rule::to_sys(date::local_seconds local) const {
  instant as_utc = std::chrono::time_point_cast<microseconds>(date::sys_seconds(local.time_since_epoch()));
  instant first = as_utc - std::max(standard_, summer_);
  instant second = as_utc - std::min(standard_, summer_);
  for (instant each : {first, second})
    if (each + offset_at(each) == as_utc) return each;
  for (int more = -1; more <= 1; ++more)
    for (instant change : changes_in(year_of(as_utc) + date::years(more)))
      if (first < change && change <= second) return change;
  return second;
}

} // namespace suivi::reconciler
