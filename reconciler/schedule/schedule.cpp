// Local days around a moment, each with its runs, through Howard Hinnant's date library.
#include "reconciler/schedule/schedule.hpp"

#include <algorithm>
#include <date/tz.h>

namespace suivi::reconciler {

schedule::schedule(std::vector<std::chrono::minutes> times, std::string zone)
    : times_(std::move(times)), zone_(std::move(zone)) {}

std::vector<instant> schedule::runs_around(instant t) const {
  const date::time_zone* zone = date::locate_zone(zone_);
  auto today = date::floor<date::days>(zone->to_local(t));
  std::vector<instant> runs;
  for (int offset = -2; offset <= 2; ++offset) {
    for (std::chrono::minutes time : times_) {
      date::local_seconds local = today + date::days(offset) + time;
      // For a time that comes twice `earliest` is the first; for a skipped one it is the moment of the
      // change.
      date::sys_seconds run = zone->to_sys(local, date::choose::earliest);
      runs.push_back(std::chrono::time_point_cast<microseconds>(run));
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
