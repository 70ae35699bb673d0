// Changes that no webhook told, for couriers whose states are texts: the inbox holds their webhooks' bytes,
// so what these say is read here.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shipment/courier.hpp"

#include <cstdint>

namespace suivi::reconciler {

// Orders seen before whose state this sweep changed, and no webhook received until now tells that state.
// Given up after three seconds; permanent "sweep:too_many" where more webhooks would have to be read than
// unreported_webhooks_max.
inline constexpr std::int64_t unreported_webhooks_max = 50'000;
task<result<std::int64_t>> count_unreported(pg::connection& db, courier_kind courier, std::int64_t sweep);

// The same for any courier: states that are numbers the inbox holds beside the bytes, and they are counted
// there.
task<result<std::int64_t>> count_missed_by_webhooks(pg::connection& db, courier_kind courier,
                                                    std::int64_t sweep);

} // namespace suivi::reconciler
