// Links that only the shop's old columns know: orders."trackingNumber" and orders."maystroOrderId", which
// have no index.
//
// They were read once by the first migration into suivi.legacy_link. What the shop has written there since is
// found by one sequential scan for many courier ids together: at most every few seconds, never for one event
// alone.
#pragma once

#include "common/pg/connection.hpp"

namespace suivi::shop {

// Remembers which orders show any of `courier_ids` (uuids, display ids, tracking numbers). May be repeated.
task<result<void>> find_in_legacy_columns(pg::connection& db,
                                          std::vector<std::optional<std::string>> courier_ids);

} // namespace suivi::shop
