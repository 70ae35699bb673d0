// Every statement about the inbox and what is pending, as verbs. The SQL behind them:
// common/schema/0002_inbox.sql.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/event/dedupe_key.hpp"
#include "receiver/event/disposition.hpp"

#include <span>
#include <string>
#include <vector>

namespace suivi::receiver {

// How long an event stays in one receiver's hands before another may take it over.
inline constexpr milliseconds lease_time{5'000};
// … while the courier is being asked.
inline constexpr milliseconds read_lease_time{60'000};

// A webhook to be kept.
struct webhook {
  instant received_at{};
  std::string raw;
  std::optional<std::string> account; // as the address named it
  dedupe_key key;
  maystro::event what; // without its body
};

// Decoded, its key chosen; whatever the bytes are.
[[nodiscard]] webhook to_webhook(std::string raw, std::optional<std::string> account, instant received_at);

struct receipt {
  std::int64_t id = 0;
  std::string stored_on;
  bool seen_before = false;
  std::string poison;   // not empty: kept as raw bytes only, and why
  bool spooled = false; // kept in the spool, not in the database yet: there is no id
};

// What an arrival says; of which account, and which event, is still to be filled in.
[[nodiscard]] shop::observation to_observation(const webhook& a);
// How an arrival is applied.
[[nodiscard]] work to_work(const webhook& a, std::int64_t id);

// One transaction. May be repeated: the second time everything was seen before. `owner` empty: nobody holds
// them.
task<result<std::vector<receipt>>> ingest(pg::connection& db, std::span<const webhook> rows,
                                          std::string owner);
// The same for one row of which the database refuses the decoded fields.
task<result<receipt>> ingest_as_poison(pg::connection& db, const webhook& row, std::string why);

// The same in two steps, for a transaction that does something between them. What was seen before is not
// stored again; `ends`: how those ended that are applied already.
void add_take_keys(pg::pipeline& steps, std::span<const webhook> rows);
[[nodiscard]] result<std::vector<receipt>> read_taken_keys(const pg::rows& answer, std::size_t rows);
void add_store(pg::pipeline& steps, std::span<const webhook> rows, std::span<const receipt> receipts,
               std::span<const std::optional<disposition>> ends, const std::string& owner);

// Events that are due, decoded anew; now in `owner`'s hands for lease_time.
task<result<std::vector<work>>> claim(pg::connection& db, std::string owner, std::size_t most);

// Steps to be committed together; they raise SV001 (retry.hpp) where one of the events is no longer
// `owner`'s.
struct settled {
  const work* event;
  disposition next; // close, postpone or read_first
};
void add_settled(pg::pipeline& steps, const std::string& owner, std::span<const settled> events);
task<result<void>> settle(pg::connection& db, std::string owner, std::vector<settled> events);

// Those of `ids` still in `owner`'s hands.
task<result<std::vector<std::int64_t>>> held(pg::connection& db, std::string owner,
                                             std::vector<std::int64_t> ids);
// Gives back all that `owner` holds.
task<result<void>> release(pg::connection& db, std::string owner);

// The same bytes came again; see suivi.repeat_events.
struct repeat {
  std::int64_t id;
  std::string stored_on;
  instant at;
};
task<result<void>> store_repeats(pg::connection& db, std::vector<repeat> repeats);

// Parked events whose order has appeared become due. `by_old_columns` also looks at the shop's unindexed
// columns. Returns how many.
task<result<std::uint64_t>> wake_parked(pg::connection& db, bool by_old_columns);

// Events durable and not yet applied, parked or refused, over all receivers; of them those that wait for the
// courier and those that failed and are tried again; and the parked ones.
struct queue_lengths {
  std::int64_t pending = 0;
  std::int64_t confirming = 0;
  std::int64_t failed = 0;
  std::int64_t parked = 0;
};
task<result<queue_lengths>> count_pending(pg::connection& db);

// Partitions for the days and months ahead. Gives way (sqlstate:55P03) instead of waiting for readers.
task<result<std::int64_t>> make_partitions(pg::connection& db);

// Raised by suivi.close_events and suivi.defer_events: somebody else has taken the events over.
[[nodiscard]] bool lease_is_lost(const error& e);

} // namespace suivi::receiver
