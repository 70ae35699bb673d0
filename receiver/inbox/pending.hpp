// Events that are still to be applied: claimed under a lease, settled, counted. The SQL behind it:
// common/schema/scripts/0002_inbox.sql.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/event/webhook.hpp"

#include <span>
#include <string>
#include <vector>

namespace suivi::receiver {

// How long an event stays in one receiver's hands before another may take it over.
inline constexpr milliseconds lease_time{5'000};
// … while the courier is being asked.
inline constexpr milliseconds read_lease_time{60'000};

// Decoded events of so many bytes, and others are served.
inline constexpr std::size_t decoded_at_a_stretch_bytes = 256 * 1024;

// Events that are due, decoded anew; now in `owner`'s hands for lease_time. Those of another's range
// (ranges.hpp) are due when its lease has lapsed.
task<result<std::vector<pending_event>>> claim(pg::connection& db, std::string owner, std::size_t limit);

// Steps to be committed together; they raise SV001 (retry.hpp) where one of the events is no longer
// `owner`'s.
struct settled {
  const pending_event* event;
  disposition next; // close, postpone or read_first
};
void add_settled(pg::pipeline& steps, const std::string& owner, std::span<const settled> events);
task<result<void>> settle(pg::connection& db, std::string owner, std::vector<settled> events);

// Those of `ids` still in `owner`'s hands.
task<result<std::vector<std::int64_t>>> held(pg::connection& db, std::string owner,
                                             std::vector<std::int64_t> ids);
// Gives back all that `owner` holds, ranges (ranges.hpp) as well.
task<result<void>> release(pg::connection& db, std::string owner);

// Events that named an account nobody knows, `known` being all there are, and came again under one of these:
// they are that account's now, and open again. Answers which; nobody holds them.
task<result<std::vector<std::int64_t>>> readdress(pg::connection& db, std::vector<readdressed> events,
                                                  std::vector<std::string> known);

task<result<void>> store_repeats(pg::connection& db, std::vector<repeated_webhook> repeats);

// Events durable and not yet applied, parked or refused, over all receivers; of them those that wait for the
// courier and those that failed and are tried again; and the parked ones.
struct queue_lengths {
  std::int64_t pending = 0;
  std::int64_t confirming = 0;
  std::int64_t failed = 0;
  std::int64_t parked = 0;
};
task<result<queue_lengths>> count_pending(pg::connection& db);

// Raised by suivi.close_events, suivi.defer_events and suivi.settle_batch: somebody else has taken the
// events over.
[[nodiscard]] bool lease_is_lost(const error& e);

} // namespace suivi::receiver
