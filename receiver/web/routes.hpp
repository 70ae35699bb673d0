// Which request is for what, and who may: decided from the request alone, by the one table of addresses.
// Pure.
#pragma once

#include "common/base/secret.hpp"
#include "common/http/message/message.hpp"
#include "common/shipment/courier.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

enum class place { webhook, signed_webhook, health, readiness, metrics, operations, nowhere };

// What is asked of the operations API.
enum class operation {
  nowhere,
  list_events,
  show_event,
  event_stats,
  retry_event,
  delete_event,
  delete_events,
  replay,
  coverage,
  list_orders,
  show_order,
  ask_for_order,
  list_changes,
  list_sweeps,
  show_sweep,
  ask_for_sweep,
  list_accounts,
  test_account,
  register_hooks,
  scheduler_status,
  trigger_shipping,
  overview,
  problems,
  series,
  stream,
  sign_in,
  show_session,
  sign_out,
  describe_api,
};

// Who may call an operation.
enum class right {
  operators, // the bearer token, or a session
  anybody,   // nothing secret is told; sign_in and sign_out look for themselves
};

// `{secret}` and `{id}` stand for any one part of a path; a path without them is preferred.
struct route_row {
  std::string_view method; // GET answers HEAD too
  std::string_view path;
  place where = place::operations;
  receiver::operation operation = receiver::operation::nowhere;
  right who = right::operators;
  courier_kind courier = default_courier; // of webhooks
};

// Beside them each courier that sends webhooks has its address: POST /webhooks/{its slug}/{secret}, and where
// it signs them a GET for its challenge.
inline constexpr std::array routes{
    route_row{"GET", "/healthz", place::health},
    route_row{"GET", "/readyz", place::readiness},
    route_row{"GET", "/metrics", place::metrics},
    route_row{"GET", "/api/v1/webhooks/events", place::operations, operation::list_events},
    route_row{"GET", "/api/v1/webhooks/events/{id}", place::operations, operation::show_event},
    route_row{"DELETE", "/api/v1/webhooks/events/{id}", place::operations, operation::delete_event},
    route_row{"POST", "/api/v1/webhooks/events/{id}/retry", place::operations, operation::retry_event},
    route_row{"POST", "/api/v1/webhooks/events/delete", place::operations, operation::delete_events},
    route_row{"GET", "/api/v1/webhooks/stats", place::operations, operation::event_stats},
    route_row{"POST", "/api/v1/webhooks/replay", place::operations, operation::replay},
    route_row{"GET", "/api/v1/coverage", place::operations, operation::coverage},
    route_row{"GET", "/api/v1/orders", place::operations, operation::list_orders},
    route_row{"GET", "/api/v1/orders/{id}", place::operations, operation::show_order},
    route_row{"POST", "/api/v1/orders/{id}/ask", place::operations, operation::ask_for_order},
    route_row{"GET", "/api/v1/changes", place::operations, operation::list_changes},
    route_row{"GET", "/api/v1/sweeps", place::operations, operation::list_sweeps},
    route_row{"POST", "/api/v1/sweeps", place::operations, operation::ask_for_sweep},
    route_row{"GET", "/api/v1/sweeps/{id}", place::operations, operation::show_sweep},
    route_row{"GET", "/api/v1/accounts", place::operations, operation::list_accounts},
    route_row{"POST", "/api/v1/accounts/{id}/test", place::operations, operation::test_account},
    route_row{"POST", "/api/v1/accounts/{id}/hooks", place::operations, operation::register_hooks},
    route_row{"GET", "/api/v1/scheduler/status", place::operations, operation::scheduler_status},
    route_row{"POST", "/api/v1/scheduler/trigger/shipping", place::operations, operation::trigger_shipping},
    route_row{"GET", "/api/v1/overview", place::operations, operation::overview},
    route_row{"GET", "/api/v1/problems", place::operations, operation::problems},
    route_row{"GET", "/api/v1/series", place::operations, operation::series},
    route_row{"GET", "/api/v1/stream", place::operations, operation::stream},
    route_row{"POST", "/api/v1/session", place::operations, operation::sign_in, right::anybody},
    route_row{"GET", "/api/v1/session", place::operations, operation::show_session, right::anybody},
    route_row{"DELETE", "/api/v1/session", place::operations, operation::sign_out, right::anybody},
    route_row{"GET", "/api/v1/openapi.json", place::operations, operation::describe_api, right::anybody},
};

struct route {
  place where = place::nowhere;
  std::string allowed;                // "POST", "GET, HEAD": every method of this path; empty for nowhere
  bool method_fits = false;           // else 405
  std::vector<std::string> secrets;   // for a webhook: what the request offers as secret
  std::optional<std::string> account; // ?account=, for a webhook; what no text can hold as U+FFFD
  receiver::operation operation = receiver::operation::nowhere;
  right who = right::operators;
  courier_kind courier = default_courier; // whose address it is, of a webhook
  std::string subject;                    // the {id} of the path, decoded
  http::target target;                    // for the query
  bool query_is_malformed = false;        // the rest is as if there were none
};

[[nodiscard]] route find_route(const http::request& request);

// Whether any offered secret is one of the accepted ones; takes the same time whichever matches.
[[nodiscard]] bool secret_fits(const std::vector<std::string>& offered, const std::vector<secret>& accepted);

// `Authorization: Bearer x` → x.
[[nodiscard]] std::optional<std::string_view> bearer(const http::header_list& headers);

} // namespace suivi::receiver
