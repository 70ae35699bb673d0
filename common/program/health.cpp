// The bodies of the two endpoints that say the same in both programs.
#include "common/program/health.hpp"

#include <utility>

namespace suivi::program {

http::response health_response() {
  http::response alive;
  alive.body = R"({"success":true})";
  return alive;
}

http::response metrics_response(std::string text) {
  http::response metrics;
  metrics.content_type = "text/plain; version=0.0.4; charset=utf-8";
  metrics.body = std::move(text);
  return metrics;
}

} // namespace suivi::program
