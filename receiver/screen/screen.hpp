// The operator's page: `/` and the files below `/assets/`, which hold nothing secret and need no token. What
// they show comes from the operations API, which does. Pure.
//
// Promises: a browser that keeps the answers runs no script but these files, talks to no other host, and
// shows them in nobody's frame.
#pragma once

#include "common/http/message/message.hpp"

#include <optional>
#include <string_view>

namespace suivi::receiver {

// `/`, `/assets/…`, with any query.
[[nodiscard]] bool is_screen_address(std::string_view target);

// GET and HEAD: 200, or 304 where the browser has it already; nullopt where no such file is. Other methods:
// 405.
[[nodiscard]] std::optional<http::response> screen_response(const http::request& request);

} // namespace suivi::receiver
