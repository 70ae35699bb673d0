// How often parcels came to states that have no text of their own, for each courier, as the database counts
// it.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shipment/courier.hpp"

#include <cstdint>
#include <map>

namespace suivi::shop {

// Every courier is there, with 0 at least.
task<result<std::map<courier_kind, std::int64_t>>> count_unknown_states(pg::connection& db);

} // namespace suivi::shop
