// Sweeps and the worker as the operations API shows them. Pure.
#pragma once

#include "common/http/message/message.hpp"
#include "receiver/api/sweeps/sweep_queries.hpp"

#include <boost/json/object.hpp>

namespace suivi::receiver {

[[nodiscard]] boost::json::object scheduler_json(const scheduler_state& scheduler);
[[nodiscard]] http::response sweeps_requested(const requested_sweep& requested);
// The old system's shape.
[[nodiscard]] http::response shipping_triggered(const requested_sweep& requested);

} // namespace suivi::receiver
