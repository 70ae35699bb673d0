// Where a list of events looks, so that it reads no more than it has to. One that names neither type nor
// account walks newest first, a stretch of time after the other, and no plan is made for days that are not
// needed. One that names them looks into the hours that hold any, by the counts that are kept of each
// (suivi.event_count).
#pragma once

#include "receiver/api/events/event_queries.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace suivi::receiver {

// Received from `from` on (none: since ever) and before `until` (none: till whenever the clocks may say).
struct stretch {
  std::optional<instant> from, until;
};
// The stretches that hold all that is received up to `place`, newest first, each longer than the one before;
// `since` as the filter says. Pure.
[[nodiscard]] std::vector<stretch> stretches_before(instant place, std::optional<instant> since);
// The newer half and the older one; nullopt: it has no beginning, or is a quarter of an hour or less. Pure.
[[nodiscard]] std::optional<std::pair<stretch, stretch>> halves_of(const stretch& whole, instant now);

// The counts know of every event received before `up_to` and numbered up to `event_before`.
struct counted_edge {
  instant up_to{};
  std::int64_t event_before = 0;
  bool has_older = false; // there are events older than counts_kept
};
inline constexpr std::chrono::hours counts_kept{24 * 399};

// Whether the filter's type, account or source is what finds its events soonest.
task<result<bool>> is_found_by_hours(pg::connection& db, event_filter filter);
// nullopt: nothing has been counted yet.
task<result<std::optional<counted_edge>>> find_counted_edge(pg::connection& db);
// Of the hours before `until` that hold an event of the filter's type, account and source, the newest: up to
// `hours_max`, or fewer that hold `events` of them. Apart from each other, newest first.
task<result<std::vector<stretch>>> find_hours(pg::connection& db, event_filter filter, counted_edge edge,
                                              instant until, std::int64_t events, std::int64_t hours_max);

// Received in that stretch, which has an end, and stored more than a day after it: a spool kept them. Up to
// candidates_max and one more.
task<result<std::vector<event_name>>> find_late_events(pg::connection& db, stretch within);

} // namespace suivi::receiver
