// The response to each way in which a request could not be read.
#include "common/http/server/error_responses.hpp"

#include "common/http/message/error_response.hpp"
#include "common/http/message/response_head.hpp"
#include "common/log/log.hpp"

namespace suivi::http {

response refusal_of(step step) {
  switch (step) {
  case step::head_too_large:
    return error_response(431, "HEAD_TOO_LARGE", "The request's header is too large.");
  case step::body_too_large:
    return error_response(413, "BODY_TOO_LARGE", "The request's body is too large.");
  case step::unknown_coding:
    return error_response(501, "UNKNOWN_CODING", "This transfer coding is not understood.");
  case step::no_room: {
    response answer = error_response(503, "UNAVAILABLE", "Too many requests are under way, send it again.");
    answer.headers.emplace_back("Retry-After", "5");
    return answer;
  }
  default:
    return error_response(400, "MALFORMED", "The request is malformed.");
  }
}

response after_exception(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    log::error("a request handler failed", {{"error", e.what()}});
  } catch (...) {
    log::error("a request handler failed", {{"error", "unknown exception"}});
  }
  return error_response(500, "INTERNAL", "Internal error.");
}

bool is_sound(const response& answer) {
  return answer.status >= 200 && answer.status <= 599 && can_be_sent(answer.headers) &&
         can_be_value(answer.content_type);
}

} // namespace suivi::http
