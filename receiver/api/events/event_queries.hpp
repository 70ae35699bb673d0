// What operators ask of the inbox: listing, counting, deleting, and taking an event to be run again. All SQL
// of the operations API is here and in operations_records.
//
// An event's outcome is what 0002_inbox.sql says it is: event_outcome, then pending.state, then
// inbox.outcome.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/api/call/parameters.hpp"
#include "receiver/event/disposition.hpp"

#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace suivi::receiver {

struct event_name {
  std::int64_t id = 0;
  std::string stored_on;
};

struct event_page {
  std::int64_t total = 0;         // not counted where the list goes on by a cursor
  std::vector<event_name> events; // newest first
  std::optional<list_place> next; // by cursor: where it goes on
  bool is_full = false;           // by cursor: there is more
};

struct order_summary {
  std::string id, reference, status;
  std::optional<std::string> shipping_status;
};

struct event_summary {
  std::int64_t id = 0;
  std::optional<std::string> message_id, name, error, reference, account;
  instant received_at{};
  std::optional<instant> settled_at;
  std::string raw;     // empty unless asked for; of a long one the beginning
  bool is_cut = false; // it is the beginning only
  std::string outcome;
  std::optional<order_summary> order;
};

struct event_count {
  std::optional<std::string> name;
  std::string outcome;
  std::int64_t count = 0;
  bool is_signed = false; // by its courier
};

[[nodiscard]] bool is_processed(std::string_view outcome);

task<result<event_page>> find_events(pg::connection& db, event_query q);
// Those of `names` that are still there, in their order.
task<result<std::vector<event_summary>>> read_events(pg::connection& db, std::vector<event_name> names,
                                                     bool with_bytes);
// Of one account, or of all.
task<result<std::vector<event_count>>> count_events(pg::connection& db, instant since,
                                                    std::optional<std::string> account);

struct deletion {
  bool found = false;
  std::string outcome; // before
  bool done = false;   // false: its outcome forbids it
};
// The row and its bytes; the dedupe key stays.
task<result<deletion>> delete_event(pg::connection& db, std::int64_t id);

struct kept_event {
  instant received_at{};
  std::optional<std::string> account; // as the address named it
  std::string raw;
};
task<result<std::optional<kept_event>>> read_event(pg::connection& db, std::int64_t id);

// Puts the event back among the pending ones, in `owner`'s hands for lease_time, and forgets its outcome.
// nullopt: it is in somebody's hands already, who will see it through; or it is gone.
struct taken_event {
  event_state state = event_state::pending;
  instant state_since{};
  int attempts = 0;
  std::optional<instant> again_at;
};
task<result<std::optional<taken_event>>> take_event(pg::connection& db, std::int64_t id, std::string owner);

struct event_progress {
  bool settled = false; // in nobody's hands: `outcome` is what became of it
  std::string outcome;
  std::optional<std::string> error, order_id;
};
task<result<std::optional<event_progress>>> follow_event(pg::connection& db, std::int64_t id);

// For the stream: the highest number given, and what was stored after it. Numbers become visible out of
// order, and `known` are those above `after` that were seen.
task<result<std::int64_t>> last_event_number(pg::connection& db);
task<result<std::vector<event_name>>> events_after(pg::connection& db, std::int64_t after,
                                                   std::vector<std::int64_t> known, std::int64_t limit);

} // namespace suivi::receiver
