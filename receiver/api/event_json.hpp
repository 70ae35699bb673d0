// The operations API's answers: `{success,data[,message]}`, or `{success:false,error:{message,code}}`. Pure.
#pragma once

#include "common/http/message.hpp"
#include "receiver/api/account_queries.hpp"
#include "receiver/api/event_queries.hpp"
#include "receiver/api/sweep_queries.hpp"

#include <boost/json/value.hpp>
#include <span>
#include <string_view>

namespace suivi::receiver {

[[nodiscard]] http::response answered(boost::json::value data, std::string_view message = {});
// 200, but what was asked for did not come about.
[[nodiscard]] http::response not_done(boost::json::value data, std::string_view message);
[[nodiscard]] http::response bad_request(const error& why);
[[nodiscard]] http::response unknown(std::string_view subject); // 404: "webhook event", "order", …
[[nodiscard]] http::response wrong_token();
// 204: what an address can be asked for.
[[nodiscard]] http::response methods_allowed(std::string_view allowed);
inline constexpr std::string_view accounts_unread = "the shop's accounts have not been read yet";
// 503, come again.
[[nodiscard]] http::response unavailable(std::string_view why);

// With its payload where the bytes are there (`with_payload`). `guepex_accounts`: whose events are Guepex's.
[[nodiscard]] boost::json::object event_json(const event_summary& e, bool with_payload,
                                             const std::vector<std::string>& guepex_accounts);
[[nodiscard]] boost::json::object pagination_json(const event_query& q, const event_page& page);
[[nodiscard]] boost::json::object stats_json(std::span<const event_count> counts, std::string_view period);
[[nodiscard]] boost::json::object scheduler_json(const scheduler_state& scheduler);
// `figures`: of account_figures.hpp.
[[nodiscard]] boost::json::object account_json(std::string_view id, std::string_view name, bool has_key,
                                               const account_record& record, boost::json::object figures);

[[nodiscard]] http::response sweeps_requested(const requested_sweep& requested);
// The old system's shape.
[[nodiscard]] http::response shipping_triggered(const requested_sweep& requested);

} // namespace suivi::receiver
