// Converts between local time and UTC with Howard Hinnant's date library.
#include "reconciler/schedule/local_time.hpp"

#include <date/tz.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace suivi::reconciler {
namespace {

// Files list every change of clocks up to 2037 at least, some zones' further: whether Morocco's clocks change
// is no rule, but a list. Only beyond its list a zone goes by the last line of its file, which the library
// does not read.
constexpr instant listed_until = date::sys_days(date::year(2037) / 1 / 1);
constexpr date::days without_change{400};

std::string last_line_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (bytes.empty() || bytes.back() != '\n') return {};
  std::size_t before = bytes.find_last_of('\n', bytes.size() - 2);
  return before == std::string::npos ? std::string() : bytes.substr(before + 1, bytes.size() - before - 2);
}

std::string length_text(seconds length) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (length >= hours(48)) return fmt::format("{} days", length / hours(24));
  if (length >= hours(2)) return fmt::format("{} hours", length / hours(1));
  if (length >= minutes(2)) return fmt::format("{} minutes", length / minutes(1));
  return fmt::format("{} seconds", length.count());
}

} // namespace

std::optional<clock_rule> rule_beyond_list(const std::string& zone, instant t) {
  if (t < listed_until) return std::nullopt;
  if (date::locate_zone(zone)->get_info(t).end - date::floor<seconds>(t) < without_change)
    return std::nullopt;
  return clock_rule::parse(last_line_of("/usr/share/zoneinfo/" + zone));
}

std::string local_time(instant t, const std::string& zone) {
  if (std::optional<clock_rule> rule = rule_beyond_list(zone, t))
    return date::format("%F %T", date::floor<seconds>(rule->to_local(t)));
  auto local = date::locate_zone(zone)->to_local(std::chrono::floor<seconds>(t));
  return date::format("%F %T", local);
}

std::string distance_text(instant t, instant now) {
  auto length = std::chrono::duration_cast<seconds>(std::chrono::abs(t - now));
  if (length.count() == 0) return "now";
  return t > now ? "in " + length_text(length) : length_text(length) + " ago";
}

std::string local_time_with_age(instant t, instant now, const std::string& zone) {
  return fmt::format("{} ({})", local_time(t, zone), distance_text(t, now));
}

} // namespace suivi::reconciler
