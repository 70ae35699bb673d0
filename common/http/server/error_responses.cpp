// Their bodies have the shape of the programs' other refusals.
#include "common/http/server/error_responses.hpp"

#include "common/http/message/response_head.hpp"
#include "common/log/log.hpp"

namespace suivi::http {
namespace {

response refusal(unsigned status, std::string_view code, std::string_view message) {
  response answer;
  answer.status = status;
  answer.body = R"({"success":false,"error":{"message":")" + std::string(message) + R"(","code":")" +
                std::string(code) + "\"}}";
  return answer;
}

} // namespace

response refusal_of(step step) {
  switch (step) {
  case step::head_too_large:
    return refusal(431, "HEAD_TOO_LARGE", "The request's header is too large.");
  case step::body_too_large:
    return refusal(413, "BODY_TOO_LARGE", "The request's body is too large.");
  case step::unknown_coding:
    return refusal(501, "UNKNOWN_CODING", "This transfer coding is not understood.");
  case step::no_room: {
    response answer = refusal(503, "UNAVAILABLE", "Too many requests are under way, send it again.");
    answer.headers.emplace_back("Retry-After", "5");
    return answer;
  }
  default:
    return refusal(400, "MALFORMED", "The request is malformed.");
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
  return refusal(500, "INTERNAL", "Internal error.");
}

bool is_sound(const response& answer) {
  return answer.status >= 200 && answer.status <= 599 && can_be_sent(answer.headers) &&
         can_be_sent({{"Content-Type", answer.content_type}});
}

} // namespace suivi::http
