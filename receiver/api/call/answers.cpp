// Builds the bodies that all endpoints share.
#include "receiver/api/call/answers.hpp"

#include "common/json/json_text.hpp"
#include "receiver/web/responses.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr int retry_after_seconds = 5;

json::object whole(bool success, json::value data, std::string_view message) {
  json::object body{{"success", success}, {"data", std::move(data)}};
  if (!message.empty()) body["message"] = message;
  return body;
}

} // namespace

http::response answer_of(unsigned status, const json::object& body) {
  http::response answer;
  answer.status = status;
  answer.body = write_json(body);
  return answer;
}

http::response answered(json::value data, std::string_view message) {
  return answer_of(200, whole(true, std::move(data), message));
}

http::response not_done(json::value data, std::string_view message) {
  return answer_of(200, whole(false, std::move(data), message));
}

http::response bad_request(const error& why) {
  return refused(400, "BAD_REQUEST", why.detail);
}

http::response unknown(std::string_view subject) {
  return refused(404, "NOT_FOUND", fmt::format("{} not found", subject));
}

http::response wrong_token() {
  auto answer = refused(401, "UNAUTHORIZED", "wrong or missing token");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

http::response methods_allowed(std::string_view allowed) {
  http::response answer;
  answer.status = 204;
  answer.headers.emplace_back("Allow", std::string(allowed) + ", OPTIONS");
  return answer;
}

http::response unavailable(std::string_view why) {
  auto answer = refused(503, "UNAVAILABLE", why);
  answer.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return answer;
}

http::response courier_not_now(milliseconds wait) {
  auto answer = refused(503, "UNAVAILABLE", "the courier may not be asked now");
  answer.headers.emplace_back("Retry-After",
                              std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return answer;
}

http::response accepted(json::value data, std::string_view message) {
  return answer_of(202, whole(true, std::move(data), message));
}

} // namespace suivi::receiver
