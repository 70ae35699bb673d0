// Every request the receiver gets: whose it is, route, right, and answer. A webhook is answered with 2xx
// after it is durable only.
//
// Nothing here logs a request's target: it may hold the secret.
#pragma once

#include "common/config/settings.hpp"
#include "common/http/client_address.hpp"
#include "common/http/message.hpp"
#include "common/http/server.hpp"
#include "common/metrics/metrics.hpp"
#include "receiver/api/operations_api.hpp"
#include "receiver/intake/guepex_endpoint.hpp"
#include "receiver/intake/intake.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"
#include "receiver/spool/spool.hpp"
#include "receiver/web/refusal_limiter.hpp"
#include "receiver/web/routes.hpp"

#include <functional>

namespace suivi::receiver {

class request_handler {
 public:
  request_handler(const config::settings& s, database_monitor& db, spool& instead, intake& in,
                  guepex_endpoint& guepex, operations& questions, receiver_metrics& counts,
                  metrics::registry& series);

  // Before the body is read: whether the address and the secret, or the token, allow it at all.
  http::head_verdict judge(const http::request& head);
  task<http::response> answer(http::request request);
  // What receiver.health_listen serves: /healthz, /readyz and /metrics, and nothing else.
  task<http::response> answer_health(http::request request);
  // Called before each answer of /metrics, for what is counted elsewhere.
  void on_scrape(std::function<void()> refresh) { refresh_ = std::move(refresh); }
  // From now on /readyz says 503, so that balancers send no more; webhooks that come are still taken.
  void begin_drain() { draining_ = true; }

 private:
  http::head_verdict judge_webhook(const route& where, const std::optional<ip_address>& client);
  http::head_verdict judge_operation(const http::request& head) const;
  task<http::response> answer_to(http::request request, std::optional<ip_address> client);
  task<http::response> take_guepex_webhook(http::request request, route where);
  [[nodiscard]] bool knows_secret(const route& where) const;
  task<http::response> answer_operation(http::request request, route where, ip_address from);
  task<http::response> take_webhook(http::request request, route where);
  task<http::response> tell_metrics();
  [[nodiscard]] bool may_read_metrics(const http::request& request,
                                      const std::optional<ip_address>& client) const;
  http::response refuse(const ip_address& from, http::response answer);
  http::response tell_readiness() const;
  task<bool> count_events();
  void measure_spool();

  const config::settings& settings_;
  database_monitor& db_;
  spool& spool_;
  intake& in_;
  guepex_endpoint& guepex_;
  operations& operations_;
  receiver_metrics& counts_;
  metrics::registry& series_;
  std::vector<network> trusted_proxies_;
  std::vector<network> allow_from_;
  refusals refusals_{refusals::limits()};
  std::function<void()> refresh_;
  bool draining_ = false;
  std::int64_t last_pending_ = 0; // in the database, when it was last asked
  std::int64_t stored_since_ = 0; // by us, as events to be applied
};

} // namespace suivi::receiver
