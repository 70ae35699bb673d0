// Every request the receiver gets: whose it is, route, and right. What has the right goes to its endpoint.
//
// Nothing here logs a request's target: it may hold the secret.
#pragma once

#include "common/config/settings.hpp"
#include "common/http/message/client_address.hpp"
#include "common/http/message/message.hpp"
#include "common/http/server/server.hpp"
#include "receiver/api/operations_api.hpp"
#include "receiver/intake/signed_endpoint.hpp"
#include "receiver/services/receiver_metrics.hpp"
#include "receiver/status_endpoints.hpp"
#include "receiver/web/refusal_limiter.hpp"
#include "receiver/web/routes.hpp"
#include "receiver/webhook_endpoint.hpp"

#include <optional>
#include <vector>

namespace suivi::receiver {

class request_handler {
 public:
  request_handler(const config::settings& s, webhook_endpoint& webhooks, signed_endpoint& signed_webhooks,
                  operations& questions, status_endpoints& status, receiver_metrics& counts);

  // Before the body is read: whether the address and the secret, or the token, allow it at all.
  http::head_verdict judge(const http::request& head);
  task<http::response> answer(http::request request);
  // What receiver.health_listen serves: /healthz, /readyz and /metrics, and nothing else.
  task<http::response> answer_health(http::request request);

 private:
  http::head_verdict judge_webhook(const route& where, const std::optional<ip_address>& client);
  task<http::response> answer_to(http::request request, std::optional<ip_address> client);
  task<http::response> take_signed_webhook(http::request request, route where);
  [[nodiscard]] bool knows_secret(const route& where) const;
  task<http::response> answer_operation(http::request request, route where, ip_address from);
  task<http::response> take_webhook(http::request request, route where);
  [[nodiscard]] bool may_read_metrics(const http::request& request,
                                      const std::optional<ip_address>& client) const;
  http::response refuse(const ip_address& from, http::response answer);

  const config::settings& settings_;
  webhook_endpoint& webhooks_;
  signed_endpoint& signed_webhooks_;
  operations& operations_;
  status_endpoints& status_;
  receiver_metrics& counts_;
  std::vector<network> trusted_proxies_;
  std::vector<network> allow_from_;
  refusals refusals_{refusals::limits()};
};

} // namespace suivi::receiver
