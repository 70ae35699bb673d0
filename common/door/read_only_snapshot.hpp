// What the door would decide on, seen without a lock in one read-only transaction: for those who want to know
// and not to write. The rows read as if they were locked, so that decide() takes them; they may change at any
// moment.
#pragma once

#include "common/decision/snapshot.hpp"
#include "common/pg/connection.hpp"

#include <span>

namespace suivi::shop {

// `db` must not be in a transaction. Works on a read-only server too, for a role that may only read, and
// without the schema `suivi`: then the shop's orders are all that is known.
task<result<snapshot>> read_only_snapshot(pg::connection& db, std::span<const observation> observations);

} // namespace suivi::shop
