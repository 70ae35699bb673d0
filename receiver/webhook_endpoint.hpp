// POST of a webhook: it is answered with 2xx after it is durable only. Who may send one is the caller's
// business.
#pragma once

#include "common/config/settings.hpp"
#include "common/http/message/message.hpp"
#include "common/runtime/task.hpp"
#include "receiver/intake/intake.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/receiver_metrics.hpp"
#include "receiver/web/routes.hpp"

#include <cstdint>

namespace suivi::receiver {

class webhook_endpoint {
 public:
  webhook_endpoint(const config::settings& s, account_registry& accounts, intake& in,
                   receiver_metrics& counts)
      : settings_(s), accounts_(accounts), in_(in), counts_(counts) {}

  task<http::response> answer(http::request request, route where);
  // Events to be applied that were put into the database since the start.
  [[nodiscard]] std::int64_t events_stored() const { return events_stored_; }

 private:
  const config::settings& settings_;
  account_registry& accounts_;
  intake& in_;
  receiver_metrics& counts_;
  std::int64_t events_stored_ = 0;
};

} // namespace suivi::receiver
