// Which kind of sweep an account is due for, if any. Pure.
#pragma once

#include "reconciler/schedule/schedule.hpp"

#include <optional>

namespace suivi::reconciler {

enum class due { nothing, full, incremental };

// When an account's sweeps last started, among those that came to their own end: a full one, one of either
// kind.
struct last_sweep_starts {
  std::optional<instant> full, any;
};

// A full sweep where a scheduled one was missed, however many were; else an incremental one
// `incremental_every` after the last start of either kind (zero: never).
[[nodiscard]] due due_at(const schedule& times, const last_sweep_starts& last, milliseconds incremental_every,
                         instant now);

// The next moment at which that may change, if nothing starts before.
[[nodiscard]] std::optional<instant> next_due(const schedule& times, const last_sweep_starts& last,
                                              milliseconds incremental_every, instant now);

} // namespace suivi::reconciler
