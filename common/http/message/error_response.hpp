// The one shape of a refusal: {"success":false,"error":{"message":…,"code":…}}, the code in capitals.
#pragma once

#include "common/http/message/message.hpp"

#include <string_view>

namespace suivi::http {

[[nodiscard]] response error_response(unsigned status, std::string_view code, std::string_view message);

} // namespace suivi::http
