// /healthz, /readyz and /metrics. Who may read them is the caller's business.
#pragma once

#include "common/http/message/message.hpp"
#include "common/metrics/metrics.hpp"
#include "common/runtime/task.hpp"
#include "receiver/api/operations_api.hpp"
#include "receiver/intake/intake.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"
#include "receiver/spool/spool.hpp"
#include "receiver/webhook_endpoint.hpp"

#include <cstdint>
#include <functional>

namespace suivi::receiver {

class status_endpoints {
 public:
  status_endpoints(database_monitor& db, spool& instead, const intake& in, const webhook_endpoint& webhooks,
                   operations& questions, receiver_metrics& counts, metrics::registry& series)
      : db_(db), spool_(instead), in_(in), webhooks_(webhooks), operations_(questions), counts_(counts),
        series_(series) {}

  [[nodiscard]] http::response readiness() const;
  task<http::response> show_metrics();

  // Called before each answer of /metrics, for what is counted elsewhere.
  void on_scrape(std::function<void()> refresh) { refresh_ = std::move(refresh); }
  // From now on /readyz says 503, so that balancers send no more; webhooks that come are still taken.
  void begin_drain() { draining_ = true; }

 private:
  task<bool> count_events();
  void measure_spool();

  database_monitor& db_;
  spool& spool_;
  const intake& in_;
  const webhook_endpoint& webhooks_;
  operations& operations_;
  receiver_metrics& counts_;
  metrics::registry& series_;
  std::function<void()> refresh_;
  bool draining_ = false;
  std::int64_t last_pending_ = 0;        // in the database, when it was last asked
  std::int64_t stored_when_counted_ = 0; // by this program, at that time
};

} // namespace suivi::receiver
