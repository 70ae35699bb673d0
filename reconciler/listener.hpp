// The worker's health and metrics over HTTP: /healthz, /readyz, /metrics (the last for loopback and private
// addresses).
#pragma once

#include "common/http/server.hpp"
#include "common/metrics/metrics.hpp"
#include "common/pg/pool.hpp"
#include "reconciler/report.hpp"

#include <vector>

namespace suivi::reconciler {

class figures {
 public:
  figures();
  void count(const report& r);
  [[nodiscard]] std::string text() const { return registry_.text(); }

 private:
  metrics::registry registry_;
};

// The handler for reconciler.listen; both outlive the server.
[[nodiscard]] http::handler health_handler(const pg::pool& database, const figures& numbers);

} // namespace suivi::reconciler
