// Parked events become due when their order has appeared.
#pragma once

#include "common/pg/connection.hpp"

namespace suivi::receiver {

// Parked events whose order has appeared become due. `by_old_columns` also looks at the shop's unindexed
// columns. Returns how many.
task<result<std::uint64_t>> wake_parked(pg::connection& db, bool by_legacy_links);

} // namespace suivi::receiver
