// Webhook events as the operations API shows them. Pure.
#pragma once

#include "receiver/api/events/event_queries.hpp"

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

// With its payload where the bytes are there (`with_payload`).
[[nodiscard]] boost::json::object event_json(const event_summary& e, bool with_payload,
                                             const event_origins& origins);
[[nodiscard]] boost::json::object pagination_json(const event_query& q, const event_page& page);
[[nodiscard]] boost::json::object stats_json(std::span<const event_count> counts, std::string_view period);

} // namespace suivi::receiver
