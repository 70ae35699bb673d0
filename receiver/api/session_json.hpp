// What signing in and out reads and answers. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/http/message/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

// Of the body `{"token":"…"}`. An error's `detail` is the whole sentence, and holds nothing of the body.
[[nodiscard]] result<std::string> read_token(std::string_view body);

[[nodiscard]] http::response signed_in(std::string_view cookie, bool encrypted); // 204
[[nodiscard]] http::response signed_out(bool encrypted);                         // 204
[[nodiscard]] http::response wrong_sign_in(int tries_left);                      // 401
[[nodiscard]] http::response too_many_tries(seconds wait);                       // 429
[[nodiscard]] http::response session_shown(std::optional<instant> until, bool encrypted);
// 403: a page of another origin made the request.
[[nodiscard]] http::response foreign_origin();

} // namespace suivi::receiver
