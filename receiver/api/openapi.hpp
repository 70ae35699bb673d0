// The description of the webhooks' addresses and of the operations API, as OpenAPI 3.1 (openapi.json of this
// folder, which the program carries in itself).
#pragma once

#include "common/http/message/message.hpp"

#include <string_view>

namespace suivi::receiver {

[[nodiscard]] std::string_view openapi_document();
[[nodiscard]] http::response api_described();

} // namespace suivi::receiver
