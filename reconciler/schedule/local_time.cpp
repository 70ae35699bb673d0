// Converts between local time and UTC with Howard Hinnant's date library.
#include "reconciler/schedule/local_time.hpp"

#include <date/tz.h>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

std::string length_text(seconds length) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (length >= hours(48)) return fmt::format("{} days", length / hours(24));
  if (length >= hours(2)) return fmt::format("{} hours", length / hours(1));
  if (length >= minutes(2)) return fmt::format("{} minutes", length / minutes(1));
  return fmt::format("{} seconds", length.count());
}

} // namespace

std::string local_time(instant t, const std::string& zone) {
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
