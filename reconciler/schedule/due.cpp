// Compares the times of the last sweeps with the schedule.
#include "reconciler/schedule/due.hpp"

#include <algorithm>
#include <array>

namespace suivi::reconciler {
namespace {

// Without a schedule there are no full sweeps, and none to repeat.
std::optional<instant> next_retry(const schedule& times, const last_sweep_starts& last, instant now) {
  if (last.incomplete_fulls <= 0 || !last.full_ended || !times.next_after(now)) return std::nullopt;
  return *last.full_ended + retry_pause(last.incomplete_fulls);
}

} // namespace

std::chrono::minutes retry_pause(int incomplete_fulls) {
  constexpr std::array<int, 4> pauses{1, 5, 15, 60};
  std::size_t at = static_cast<std::size_t>(std::max(incomplete_fulls, 1)) - 1;
  return std::chrono::minutes(pauses[std::min(at, pauses.size() - 1)]);
}

milliseconds rest_left(steady_time::duration since_begun, milliseconds incremental_every) {
  constexpr milliseconds floor_max{30'000};
  milliseconds floor = incremental_every.count() > 0 ? std::min(incremental_every / 2, floor_max) : floor_max;
  return std::max(floor - std::chrono::duration_cast<milliseconds>(since_begun), milliseconds(0));
}

due due_at(const schedule& times, const last_sweep_starts& last, milliseconds incremental_every,
           instant now) {
  if (times.missed(last.full, now)) return due::full;
  std::optional<instant> retry = next_retry(times, last, now);
  if (retry && *retry <= now) return due::full;
  if (incremental_every.count() <= 0) return due::nothing;
  // A start in the future is a clock that was set back: better one sweep too many than none until then.
  bool rested = last.any && *last.any <= now && now < *last.any + incremental_every;
  return rested ? due::nothing : due::incremental;
}

std::optional<instant> next_due(const schedule& times, const last_sweep_starts& last,
                                milliseconds incremental_every, instant now) {
  std::optional<instant> next = times.next_after(now);
  std::optional<instant> retry = next_retry(times, last, now);
  if (retry && *retry > now) next = std::min(next.value_or(*retry), *retry);
  if (incremental_every.count() <= 0 || !last.any) return next;
  instant incremental = *last.any + incremental_every;
  if (incremental <= now) return next;
  return next ? std::min(*next, incremental) : incremental;
}

} // namespace suivi::reconciler
