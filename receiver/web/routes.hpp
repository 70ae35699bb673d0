// Which request is for what, and who may: decided from the request alone. Pure.
#pragma once

#include "common/base/secret.hpp"
#include "common/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

enum class place { webhook, health, readiness, metrics, nowhere };

struct route {
  place where = place::nowhere;
  std::string_view allowed_method; // "POST", "GET, HEAD"; empty for nowhere
  bool method_fits = false;
  std::vector<std::string> secrets;   // for a webhook: what the request offers as secret
  std::optional<std::string> account; // ?account=, for a webhook
};

// /webhooks/maystro/{secret}; /api/webhooks/maystro and /api/v1/webhooks/maystro with the secret as ?secret=,
// X-Webhook-Secret or Authorization: Bearer; /healthz, /readyz, /metrics.
[[nodiscard]] route find_route(const http::request& request);

// Whether any offered secret is one of the accepted ones; takes the same time whichever matches.
[[nodiscard]] bool secret_fits(const std::vector<std::string>& offered, const std::vector<secret>& accepted);

// `Authorization: Bearer x` → x.
[[nodiscard]] std::optional<std::string_view> bearer(const http::header_list& headers);

} // namespace suivi::receiver
