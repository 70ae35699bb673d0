// Local days around a moment, each with its runs, through Howard Hinnant's date library.
#include "reconciler/schedule/schedule.hpp"

#include "reconciler/schedule/clock_rule.hpp"
#include "reconciler/schedule/local_time.hpp"

#include <algorithm>
#include <date/tz.h>

namespace suivi::reconciler {
namespace {

// How far local time is ahead of UTC, where no change of clocks is within four days: then there is no need to
// look each time up.
std::optional<seconds> offset_around(const date::time_zone& zone, instant t) {
  constexpr date::days near{4};
  date::sys_info now = zone.get_info(t);
  bool steady = date::floor<seconds>(t) - now.begin > near && now.end - date::floor<seconds>(t) > near;
  return steady ? std::optional(now.offset) : std::nullopt;
}

} // namespace

schedule::schedule(std::vector<std::chrono::minutes> times, std::string zone)
    : times_(std::move(times)), zone_(std::move(zone)) {}

std::vector<instant> schedule::runs_around(instant t) const {
  const date::time_zone* zone = date::locate_zone(zone_);
  std::optional<clock_rule> rule = rule_beyond_list(zone_, t);
  std::optional<seconds> offset = rule ? std::nullopt : offset_around(*zone, t);
  auto today = date::floor<date::days>(rule ? rule->to_local(t) : zone->to_local(t));
  std::vector<instant> runs;
  runs.reserve(5 * times_.size());
  for (int day = -2; day <= 2; ++day) {
    for (std::chrono::minutes time : times_) {
      date::local_seconds local = today + date::days(day) + time;
      // For a time that comes twice `earliest` is the first; for a skipped one it is the moment of the
      // change.
      if (offset)
        runs.emplace_back(local.time_since_epoch() - *offset);
      else
        runs.push_back(
            rule ? rule->to_sys(local)
                 : std::chrono::time_point_cast<microseconds>(zone->to_sys(local, date::choose::earliest)));
    }
  }
  std::sort(runs.begin(), runs.end());
  runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
  return runs;
}

std::optional<instant> schedule::next_after(instant t) const {
  std::vector<instant> runs = runs_around(t);
  auto found = std::upper_bound(runs.begin(), runs.end(), t);
  if (found == runs.end()) return std::nullopt;
  return *found;
}

std::optional<instant> schedule::last_at(instant t) const {
  std::vector<instant> runs = runs_around(t);
  auto found = std::upper_bound(runs.begin(), runs.end(), t);
  if (found == runs.begin()) return std::nullopt;
  return *std::prev(found);
}

bool schedule::missed(std::optional<instant> last_start, instant now) const {
  std::optional<instant> due = last_at(now);
  return due && (!last_start || *last_start < *due);
}

} // namespace suivi::reconciler
