// Events that were stored together and wait as one row (suivi.pending_range) in the hands of the receiver
// that stored them. They are settled together; whatever does not go as plainly as that opens the range, and
// from then on each of them is a row of suivi.pending. The SQL behind it:
// common/schema/scripts/0021_pending_ranges.sql and 0030_backlog.sql.
#pragma once

#include "receiver/inbox/pending.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace suivi::receiver {

// Step to be committed with what the events did: `events` are those of these ranges, one range after the
// other. It raises SV001 (lease_is_lost) where one of the ranges is no longer `owner`'s. One that is to be
// tried again in memory becomes a row of suivi.pending in the same hands.
void add_settled_ranges(pg::pipeline& steps, const std::string& owner, std::span<const event_range> ranges,
                        std::span<const settled> events);

// Ranges in nobody's hands, the oldest first and decoded anew; now in `owner`'s for lease_time. At least one
// if any waits, and no more than `events_max` events otherwise.
struct claimed_range {
  event_range range;
  std::vector<pending_event> events;
};
task<result<std::vector<claimed_range>>> claim_ranges(pg::connection& db, std::string owner,
                                                      std::size_t events_max);

// Those of these ranges that are `owner`'s: their events are rows of suivi.pending now, his for lease_time.
task<result<void>> open_ranges(pg::connection& db, std::string owner, std::vector<std::int64_t> firsts);
// Those that hold any of these events, whoever has them. To be run before a statement that looks for the
// events in suivi.pending.
void add_open_ranges_of(pg::pipeline& steps, const std::vector<std::optional<std::int64_t>>& ids);
// Holds what is still `owner`'s for another lease_time.
task<result<void>> renew_ranges(pg::connection& db, std::string owner, std::vector<std::int64_t> firsts);

} // namespace suivi::receiver
