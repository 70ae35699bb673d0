// What both programs answer at /healthz and /metrics, so that one probe and one scraper fit both.
#pragma once

#include "common/http/message/message.hpp"

#include <string>

namespace suivi::program {

// The process lives. Whether it can do its work is /readyz's matter.
[[nodiscard]] http::response health_response();

// Metrics as Prometheus reads them.
[[nodiscard]] http::response metrics_response(std::string text);

} // namespace suivi::program
