// Comparisons of times.
#include "reconciler/schedule/due.hpp"

#include <algorithm>

namespace suivi::reconciler {

due due_at(const schedule& times, const last_sweep_starts& last, milliseconds incremental_every,
           instant now) {
  if (times.missed(last.full, now)) return due::full;
  if (incremental_every.count() <= 0) return due::nothing;
  // A start in the future is a clock that was set back: better one sweep too many than none until then.
  bool rested = last.any && *last.any <= now && now < *last.any + incremental_every;
  return rested ? due::nothing : due::incremental;
}

std::optional<instant> next_due(const schedule& times, const last_sweep_starts& last,
                                milliseconds incremental_every, instant now) {
  std::optional<instant> next = times.next_after(now);
  if (incremental_every.count() <= 0 || !last.any) return next;
  instant incremental = *last.any + incremental_every;
  if (incremental <= now) return next;
  return next ? std::min(*next, incremental) : incremental;
}

} // namespace suivi::reconciler
