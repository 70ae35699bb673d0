// The inbox as a replay reads and claims it, as verbs. Bounded statements: a page looks at a limited range of
// ids, whatever the selection is.
//
// Claiming is the pending table's lease (common/schema/scripts/0002_inbox.sql): what another process has in
// hand is not claimed; what a dead replay held is taken over by a receiver when the lease has lapsed.
#pragma once

#include "receiver/inbox/ingest.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/inbox/unpack_delivery.hpp"
#include "receiver/replay/selection.hpp"

#include <optional>
#include <set>

namespace suivi::receiver {

// How long a replay holds an event, waiting for a locked order included.
inline constexpr milliseconds replay_lease_time{30'000};

struct stored_event {
  pending_event event;
  courier_event decoded; // decoded anew, without its body
  std::size_t raw_bytes = 0;
  std::string stored_on;
  std::string recorded;        // its outcome so far
  std::string recorded_error;  // while it is pending
  bool is_pending = false;     // not at its end
  bool in_flight = false;      // of some other process at this moment
  whole_delivery whole;        // of several events that are not stored yet; else without bodies
  bool from_the_start = false; // `recorded` is what the inbox itself says: it was not understood, or ignored
};

struct id_range {
  std::int64_t first = 0; // 0 with last 0: empty
  std::int64_t last = 0;
};
// The ids a selection can be about; events stored later are not part of it.
task<result<id_range>> range_of(pg::connection& db, replay_selection selection);

// Selected events with ids in (after, last], ascending, at most `limit`. `only_account`: the shop's only one,
// of which events without account are.
task<result<std::vector<stored_event>>> read_range(pg::connection& db, replay_selection selection,
                                                   std::string only_account, std::int64_t after,
                                                   std::int64_t last, std::size_t limit);

struct event_place {
  std::int64_t id = 0;
  std::string stored_on; // its day
};
// So many events are few.
inline constexpr std::size_t few_max = 200'000;
// Where the selection names few events, a superset of them, ascending: those of one order, those that wait or
// are in trouble. nullopt: it does not, or they are more than few_max.
task<result<std::optional<std::vector<event_place>>>> find_few(pg::connection& db,
                                                               replay_selection selection);
// Those of `ids` that are there, ascending.
task<result<std::vector<event_place>>> find_places(pg::connection& db, std::vector<std::int64_t> ids);
// Selected events among these, ascending.
task<result<std::vector<stored_event>>> read_at_places(pg::connection& db, replay_selection selection,
                                                       std::string only_account,
                                                       std::vector<event_place> places);
task<result<std::uint64_t>> count_at_places(pg::connection& db, replay_selection selection,
                                            std::string only_account, std::vector<event_place> places);
// How many are selected in (after, last].
task<result<std::uint64_t>> count_range(pg::connection& db, replay_selection selection,
                                        std::string only_account, std::int64_t after, std::int64_t last);

// Puts events into `owner`'s hands. Answers those that are; the others are somebody else's, or deleted. An
// event that an older program had not understood takes its decoded fields along.
task<result<std::set<std::int64_t>>> take_for_replay(pg::connection& db, std::string owner,
                                                     std::vector<const stored_event*> events);

// These are open again: what was recorded as their end goes. To be committed with add_settled().
void add_reopened(pg::pipeline& steps, std::span<const stored_event* const> events);

} // namespace suivi::receiver
