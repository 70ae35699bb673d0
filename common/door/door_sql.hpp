// The SQL of the door: what it reads and locks. With door_writes.hpp the only statements that touch the
// shop's orders.
//
// A parcel is written only by whoever has locked its order in the shop, the one it leaves and the one it
// comes to; so what is read of it after that lock stays true. Only a parcel whose order has gone needs a lock
// of its own.
#pragma once

#include "common/decision/decide.hpp"
#include "common/decision/snapshot.hpp"
#include "common/pg/connection.hpp"

#include <set>
#include <span>

namespace suivi::shop {

// Which rows may be meant, found without locks; everything is looked at again under the locks.
struct candidates {
  std::set<std::string> orders;
  std::set<std::int64_t> parcels;
};

// Locks the orders by their references and reads them with their parcels, for observations that tell a
// reference and a uuid. Two answers.
void add_fast_path(pg::pipeline& opening, std::span<const observation> observations);
[[nodiscard]] snapshot read_fast_path(std::span<const pg::rows> answers);

// The orders that are told by their references, with their parcels, as of one moment and without a lock. Two
// answers; every row of them reads as locked.
void add_unlocked_look(pg::pipeline& looking, std::span<const observation> observations);
[[nodiscard]] snapshot read_unlocked_look(std::span<const pg::rows> answers);

// What the fast path has not told: who adopted the locked orders without an account, and the parcels of the
// uuids that none of the orders has (uuids_not_met()). Later statements, hence a newer snapshot than the
// locks'. One round trip, none where there is nothing to ask. What is left open then is not_settled()'s to
// say.
task<result<void>> read_aside(pg::connection& db, snapshot& rows, std::span<const observation> observations,
                              bool adopt_unassigned);

// Adds the searches by reference, parcel id and old columns to `opening`.
void add_search(pg::pipeline& opening, std::span<const observation> observations);
// The answers of add_search, from index `first` on, put together.
[[nodiscard]] candidates read_search(std::span<const pg::rows> answers, std::size_t first);

// Locks what can be locked at once, then reads, each in a statement of its own, hence in a newer snapshot.
// Rows that we hold already are locked again for nothing.
void add_lock_and_read(pg::pipeline& steps, const candidates& found,
                       std::span<const observation> observations);
// The same answers without a lock (read_only_snapshot.hpp): every row that is there reads as locked.
void add_read(pg::pipeline& steps, const candidates& found, std::span<const observation> observations);
// What the shop's own table says, where there is no schema `suivi`: no parcels, no adoptions. One answer.
void add_read_shop(pg::pipeline& steps, std::span<const observation> observations);
[[nodiscard]] snapshot read_shop(const pg::rows& answer, std::span<const observation> observations);
[[nodiscard]] snapshot read_snapshot(std::span<const pg::rows> answers);

// Of orders that look locked: those that row-level security is at work on. Whether the lock is somebody's, or
// a policy keeps this role from ever having one, shows where one is asked for without skipping.
[[nodiscard]] pg::params order_ids(const std::vector<std::string>& ids);
inline constexpr pg::statement guarded_orders{"suivi_guarded_orders", R"(
  select "id" from "orders" where "id" = any($1) and row_security_active(to_regclass('orders')::oid))"};
inline constexpr pg::statement lock_one{"suivi_lock_one", R"(
  select "id" from "orders" where "id" = any($1) for no key update nowait)"};
inline constexpr pg::statement before_lock{"suivi_before_lock", "savepoint suivi_lock_one"};
inline constexpr pg::statement undo_lock{"suivi_undo_lock", "rollback to savepoint suivi_lock_one"};

inline constexpr pg::statement begin_statement{"suivi_begin", "begin isolation level read committed"};
inline constexpr pg::statement commit_statement{"suivi_commit", "commit"};
// For this transaction, in milliseconds.
inline constexpr pg::statement limit_lock_wait{"suivi_limit_lock_wait",
                                               "select set_config('lock_timeout', ($1::bigint)::text, true)"};
// For what follows in this transaction: no plan for the values of one call.
inline constexpr pg::statement plan_once{"suivi_plan_once",
                                         "select set_config('plan_cache_mode', 'force_generic_plan', true)"};
inline constexpr pg::statement rollback_statement{"suivi_rollback", "rollback"};

} // namespace suivi::shop
