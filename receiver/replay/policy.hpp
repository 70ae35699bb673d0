// What a replay does with an event once the door has spoken, and how fast it goes. Pure.
#pragma once

#include "receiver/event/disposition.hpp"

#include <cstddef>

namespace suivi::receiver {

// As the apply lane (disposition.hpp), but a replay neither asks the courier for events of the inbox nor
// waits: what is in doubt is a receiver's to settle, at once. `try_again`: locked.
[[nodiscard]] disposition replay_step(const pending_event& event, std::string_view recorded_error,
                                      const shop::verdict& v, instant now, double jitter);
// The order stayed locked: a receiver goes on trying.
[[nodiscard]] disposition locked_too_long(const pending_event& event);
// As in the apply lane: the address named an account that is not (or no longer) one.
[[nodiscard]] disposition unknown_account(const pending_event& event);
// … or one that may be hidden: a receiver goes on looking.
[[nodiscard]] disposition hidden_account(const pending_event& event);
// What it counts as.
[[nodiscard]] std::string_view outcome_of(const disposition& step);

// What an event counts as that another process would not let go: it is where it was.
[[nodiscard]] std::string_view outcome_elsewhere(std::string_view recorded);

// Events read at once, so that a slow replay is even, not in bursts. `per_second` 0: no limit.
[[nodiscard]] std::size_t page_size(double per_second);
// How long after its beginning a replay may have gone through `events`.
[[nodiscard]] milliseconds paced(std::uint64_t events, double per_second);

} // namespace suivi::receiver
