// The days of the inbox and what a list finds on each of them. A statement is about one day, so that it is
// planned for that day alone.
#pragma once

#include "receiver/api/events/event_queries.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace suivi::receiver {

struct stored_day {
  std::string date;                // empty: what no day's partition holds
  std::optional<instant> end;      // nothing of it was received later, by whatever clock
  std::optional<instant> earliest; // nothing of it was received before; not always known
};

// Newest first, those without rows left out.
task<result<std::vector<stored_day>>> days_of_events(pg::connection& db);

struct found_event {
  instant received_at;
  std::int64_t id = 0;
  std::string stored_on;
};
[[nodiscard]] bool is_newer(const found_event& a, const found_event& b);

// A part of a list, from a place down.
struct event_part {
  event_filter filter;
  std::optional<list_place> place; // what is older than this: by time of receipt and id
  std::optional<instant> from;
  std::size_t wanted = 0;             // so many are enough
  bool by_outcome = false;            // indexes know the few there are of a day
  std::set<std::string> waiting_days; // … and on these days some wait
  bool only_waiting = false;          // … and only such are wanted
};
// Says how the list's outcome can be found.
task<result<void>> choose_indexes(pg::connection& db, event_part& part);

struct part_found {
  std::vector<found_event> events;    // newest first
  std::optional<list_place> ended_at; // it ended there, short of `from`
};
// Looks at so many events as `budget` says, or a few thousand more, and lowers it.
task<result<part_found>> find_part(pg::connection& db, std::vector<stored_day>& days, event_part part,
                                   std::int64_t& budget);

} // namespace suivi::receiver
