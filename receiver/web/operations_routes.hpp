// The addresses of the operations API: what a request asks for, decided from its method and target alone.
// Pure.
#pragma once

#include "common/http/message.hpp"

#include <string>
#include <string_view>

namespace suivi::receiver {

enum class operation {
  nowhere,
  list_events,
  event_stats,
  retry_event,
  delete_event,
  replay,
  coverage,
  show_order,
  list_sweeps,
  show_sweep,
  ask_for_sweep,
  list_accounts,
  test_account,
  scheduler_status,
  trigger_shipping,
  stream,
};

struct operation_route {
  receiver::operation operation =
      receiver::operation::nowhere; // nowhere with `allowed` empty: 404; else the method is wrong
  std::string allowed;              // "GET, HEAD, POST"
  std::string subject;              // the {id} or {reference} of the address, decoded
  http::target target;              // for the query
  bool query_is_malformed = false;
};

// Everything below /api/v1/ but the webhook's address.
[[nodiscard]] bool is_operations_address(std::string_view target);
[[nodiscard]] operation_route find_operation(const http::request& request);

} // namespace suivi::receiver
