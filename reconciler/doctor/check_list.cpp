// One line of the list for each check, and how clocks and ages are put into words.
#include "reconciler/doctor/check_list.hpp"

#include "common/base/duration.hpp"

#include <fmt/format.h>

namespace suivi::reconciler {

using enum check_result;

std::string_view to_string(check_result r) {
  return r == pass ? "PASS" : r == warn ? "WARN" : "FAIL";
}

void add(checks& to, std::string name, check_result result, std::string detail, std::string remedy) {
  to.push_back({std::move(name), std::nullopt, result, std::move(detail),
                result == pass ? std::string() : std::move(remedy)});
}

std::string age(instant of, instant now) {
  auto seconds_old = std::chrono::duration_cast<seconds>(now - of);
  if (seconds_old >= std::chrono::hours(48))
    return fmt::format("{} days ago", seconds_old / std::chrono::hours(24));
  if (seconds_old >= std::chrono::hours(2))
    return fmt::format("{} hours ago", seconds_old / std::chrono::hours(1));
  if (seconds_old >= std::chrono::minutes(2))
    return fmt::format("{} minutes ago", seconds_old / std::chrono::minutes(1));
  return "just now";
}

namespace {

// Beyond the first a webhook's time counts for nothing (five minutes ahead of receipt: it is taken as
// untimed).
constexpr milliseconds skew_fails{5 * 60'000};
constexpr milliseconds skew_warns{5'000};

// To the second, where that is enough.
std::string rough(milliseconds d) {
  return format_duration(d >= seconds(1) ? std::chrono::duration_cast<seconds>(d) : d);
}

} // namespace

void add_clock(checks& to, std::string name, const std::string& clock, milliseconds ahead,
               const std::string& remedy) {
  milliseconds off = std::chrono::abs(ahead);
  if (off < skew_warns) {
    add(to, std::move(name), pass, fmt::format("{} agrees with ours", clock));
    return;
  }
  std::string detail =
      fmt::format("{} is {} {} ours", clock, rough(off), ahead.count() < 0 ? "behind" : "ahead of");
  add(to, std::move(name), off >= skew_fails ? fail : warn, std::move(detail), remedy);
}

} // namespace suivi::reconciler
