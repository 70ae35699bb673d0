// The events that a list has to look at where its filter names few: those of one order, those that wait or
// are in trouble. Indexes know them.
#pragma once

#include "receiver/api/events/event_queries.hpp"

#include <optional>
#include <vector>

namespace suivi::receiver {

// So many are looked up at most.
inline constexpr std::size_t candidates_max = 50'000;

// A superset of what the filter selects, in no order. nullopt: the filter names no few, or they are more than
// candidates_max.
task<result<std::optional<std::vector<event_name>>>> find_candidates(pg::connection& db, event_filter filter);

// `'2026-11-28','2026-11-27'`: the days of these events, for a statement that is planned for them alone.
// Pure.
[[nodiscard]] std::string days_of(const std::vector<event_name>& names);

} // namespace suivi::receiver
