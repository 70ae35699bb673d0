// What the server answers by itself, where there is no handler's answer or none that could be sent.
#pragma once

#include "common/http/message/message.hpp"
#include "common/http/wire/parse.hpp"

#include <exception>

namespace suivi::http {

// To a request that was refused while it was read.
[[nodiscard]] response refusal_of(step step);
// To one whose handler threw: a programmer's error, logged here.
response after_exception(const std::exception_ptr& thrown);
// Whether status and headers can stand on the wire.
[[nodiscard]] bool is_sound(const response& answer);

} // namespace suivi::http
