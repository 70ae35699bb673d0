// Which of the events that are due are applied together. Pure.
//
// Events that have waited for a lock, or failed, go by themselves and few at a time, so that they hold up no
// stranger's again.
#pragma once

#include "receiver/event/webhook.hpp"

#include <cstddef>
#include <map>
#include <vector>

namespace suivi::receiver {

inline constexpr std::size_t held_up_rows_max = 8;

// It waited for a lock, or failed.
[[nodiscard]] bool has_waited(const pending_event& event);

// Takes the next batch out of the queue, which is ordered by the time at which each event is due.
[[nodiscard]] std::vector<pending_event> take_batch(std::multimap<steady_time, pending_event>& queue,
                                                    steady_time now, std::size_t rows_max);

} // namespace suivi::receiver
