// Reads and writes the bodies of signing in and out.
#include "receiver/api/session_json.hpp"

#include "common/json/json_text.hpp"
#include "common/json/request_json.hpp"
#include "receiver/api/call/answers.hpp"
#include "receiver/session/session_cookie.hpp"
#include "receiver/web/responses.hpp"

#include <boost/json/object.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::size_t token_bytes_max = 4 * 1024;

http::response empty_with_cookie(std::string cookie) {
  http::response answer;
  answer.status = 204;
  answer.headers.emplace_back("Set-Cookie", std::move(cookie));
  return answer;
}

} // namespace

result<std::string> read_token(std::string_view body) {
  auto wrong = permanent("request:bad", "body must be a JSON object {token}, the token a text");
  if (body.size() > 2 * token_bytes_max) return wrong; // anybody may ask
  auto document = parse_request(body);
  if (!document || !document->is_object()) return wrong;
  const auto* token = document->get_object().if_contains("token");
  if (!token || !token->is_string() || token->get_string().size() > token_bytes_max) return wrong;
  return std::string(token->get_string());
}

http::response signed_in(std::string_view cookie, bool encrypted) {
  return empty_with_cookie(set_session(cookie, encrypted));
}

http::response signed_out(bool encrypted) {
  return empty_with_cookie(clear_session(encrypted));
}

http::response wrong_sign_in(int tries_left) {
  json::object why{{"message", "wrong token"}, {"code", "UNAUTHORIZED"}};
  json::object data{{"triesLeft", tries_left}};
  http::response answer;
  answer.status = 401;
  answer.body =
      write_json(json::object{{"success", false}, {"error", std::move(why)}, {"data", std::move(data)}});
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

http::response too_many_tries(seconds wait) {
  auto answer = refused(429, "TOO_MANY_TRIES", "wrong tokens were tried too often: wait before the next try");
  answer.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  return answer;
}

http::response session_shown(std::optional<instant> until, bool encrypted) {
  if (!until) return answered(nullptr);
  return answered(json::object{{"expiresAt", format_instant(*until)}, {"encrypted", encrypted}});
}

http::response foreign_origin() {
  return refused(403, "FOREIGN_ORIGIN", "a page of another origin made this request");
}

} // namespace suivi::receiver
