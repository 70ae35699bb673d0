// The few events that a filter names: those of one order, those that wait or are in trouble. Indexes know
// them.
#pragma once

#include "receiver/api/events/event_places.hpp"
#include "receiver/api/events/event_queries.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace suivi::receiver {

// So many are looked up at most, where all of them are needed and where those of a stretch are.
inline constexpr std::size_t candidates_max = 50'000;
inline constexpr std::size_t stretch_candidates_max = 5'000;

struct candidates {
  // A superset of what the filter selects in the stretch, but for late events, in no order. nullopt: the
  // filter names no few, or they are more than may be.
  std::optional<std::vector<event_name>> names;
  bool are_many = false; // more than may be
};
task<result<candidates>> find_candidates(pg::connection& db, event_filter filter, stretch within,
                                         std::size_t limit);

// Whether that outcome is one that closes nearly every event. Pure.
[[nodiscard]] bool is_settled(std::string_view outcome);

// Of rows whose first columns are id and day.
[[nodiscard]] std::vector<event_name> event_names_of(const pg::rows& found);
// As bigint[] and text[].
void put_names(pg::params& with, const std::vector<event_name>& names);

// `'2026-11-28','2026-11-27'`: the days of these events, for a statement that is planned for them alone.
// Pure.
[[nodiscard]] std::string days_of(const std::vector<event_name>& names);

} // namespace suivi::receiver
