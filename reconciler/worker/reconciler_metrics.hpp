// The worker's health and metrics over HTTP: /healthz, /readyz, /metrics (the last for loopback and private
// addresses).
#pragma once

#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"
#include "common/metrics/process.hpp"
#include "common/pg/pool.hpp"
#include "common/shipment/courier.hpp"
#include "common/shop/sweep_report.hpp"
#include "common/verdict/problems.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace suivi::reconciler {

class reconciler_metrics {
 public:
  reconciler_metrics();
  // Labels of an account last as long as the account.
  void count(const shop::sweep_report& r);
  // Problems, and since when each account's orders are known to be right.
  void update(const verdict::facts& f);
  void set_unknown_states(const std::map<courier_kind, std::int64_t>& by_courier);
  // How late a timer of this process was.
  void observe_loop_lag(std::chrono::duration<double> late) { loop_lag_.observe(late.count()); }
  [[nodiscard]] std::string text();

 private:
  metrics::registry registry_;
  metrics::process_figures process_{registry_};
  metrics::histogram loop_lag_;
};

// The handler for reconciler.listen; both outlive the server.
[[nodiscard]] http::handler health_handler(const pg::pool& database, reconciler_metrics& numbers);

} // namespace suivi::reconciler
