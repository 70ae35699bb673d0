// Changes that no webhook told, for couriers whose states are numbers: the inbox holds these beside the
// bytes.
#pragma once

#include "common/pg/connection.hpp"

#include <cstdint>

namespace suivi::reconciler {

// Orders seen before whose state this sweep changed, and no webhook received until now tells that state. They
// are kept as the sweep's list too (suivi.sweep_missed). Given up after three seconds.
task<result<std::int64_t>> count_missed(pg::connection& db, std::int64_t sweep);

} // namespace suivi::reconciler
