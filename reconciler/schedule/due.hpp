// Which kind of sweep an account is due for, if any. Pure.
#pragma once

#include "reconciler/schedule/schedule.hpp"

#include <optional>

namespace suivi::reconciler {

enum class due { nothing, full, incremental };

// When an account's sweeps last started, among those that came to their own end: a full one, one of either
// kind.
struct last_sweep_starts {
  std::optional<instant> full = std::nullopt, any = std::nullopt;
  int incomplete_fulls = 0;                         // in a row, the newest ones
  std::optional<instant> full_ended = std::nullopt; // the newest full one's end
};

// How long after its end a full sweep that was incomplete is tried again, by how many were so in a row (from
// 1).
[[nodiscard]] std::chrono::minutes retry_pause(int incomplete_fulls);

// A full sweep where a scheduled one was missed, however many were, or an incomplete one waits for its next
// try; else an incremental one `incremental_every` after the last start of either kind (zero: never). All
// times are of one clock: the database's.
[[nodiscard]] due due_at(const schedule& times, const last_sweep_starts& last, milliseconds incremental_every,
                         instant now);

// Whatever the tables say, an account's sweeps begin no closer together than half of `incremental_every`,
// half a minute at most, by the steady clock: what is left of it, so long after the last one has begun.
[[nodiscard]] milliseconds rest_left(steady_time::duration since_begun, milliseconds incremental_every);

// The next moment at which that may change, if nothing starts before.
[[nodiscard]] std::optional<instant> next_due(const schedule& times, const last_sweep_starts& last,
                                              milliseconds incremental_every, instant now);

} // namespace suivi::reconciler
