// Writes response bodies, members in the order in which people read them.
#include "receiver/web/responses.hpp"

#include "common/http/message/error_response.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

http::response with(unsigned status, const json::object& body) {
  http::response answer;
  answer.status = status;
  answer.body = json::serialize(body);
  return answer;
}

// Of nearly every webhook: written without a detour. An id has digits alone.
http::response taken(std::string_view event_id, std::string_view outcome) {
  http::response answer;
  answer.status = 200;
  answer.body = fmt::format(R"({{"success":true,"id":"{}","outcome":"{}"}})", event_id, outcome);
  return answer;
}

} // namespace

http::response stored(std::string_view event_id) {
  return taken(event_id, "stored");
}

http::response duplicate(std::string_view first_event_id) {
  return taken(first_event_id, "duplicate");
}

http::response ignored(std::string_view event_id) {
  return taken(event_id, "ignored");
}

http::response quarantined(std::string_view event_id, std::string_view why) {
  return with(202, {{"success", false}, {"id", event_id}, {"outcome", "quarantined"}, {"error", why}});
}

http::response event_receipts(const std::vector<event_receipt>& events) {
  json::array list;
  for (const event_receipt& one : events) {
    json::object event;
    event["id"] = one.id ? json::value(*one.id) : json::value(nullptr);
    event["outcome"] = one.outcome;
    list.push_back(std::move(event));
  }
  return with(200, {{"success", true}, {"events", std::move(list)}});
}

http::response quarantined_whole(const std::optional<std::string>& event_id, std::string_view why) {
  json::object body{{"success", false}};
  body["id"] = event_id ? json::value(*event_id) : json::value(nullptr);
  body["outcome"] = "quarantined";
  body["error"] = why;
  return with(200, body);
}

http::response kept_in_spool() {
  return with(202, {{"success", true}, {"outcome", "spooled"}});
}

http::response refused(unsigned status, std::string_view code, std::string_view message) {
  return http::error_response(status, code, message);
}

http::response unauthorized() {
  auto answer = refused(401, "UNAUTHORIZED", "wrong or missing secret");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

http::response forbidden() {
  return refused(403, "FORBIDDEN", "webhooks are not taken from this address");
}

http::response too_many_refusals(std::chrono::seconds wait) {
  auto answer = refused(429, "TOO_MANY_REFUSALS", "this address was refused too often within a minute");
  answer.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  return answer;
}

http::response not_found() {
  return refused(404, "NOT_FOUND", "there is nothing at this address");
}

http::response malformed_query() {
  return refused(400, "BAD_REQUEST", "the query of the address is malformed");
}

http::response body_too_large() {
  return refused(413, "BODY_TOO_LARGE", "the body is too large once its compression is undone");
}

http::response wrong_method(std::string_view allowed) {
  auto answer = refused(405, "METHOD_NOT_ALLOWED", "this address takes " + std::string(allowed) + " only");
  answer.headers.emplace_back("Allow", std::string(allowed));
  return answer;
}

http::response cannot_keep(int retry_after_seconds) {
  auto answer = refused(503, "UNAVAILABLE", "the event cannot be kept now, send it again");
  answer.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return answer;
}

http::response readiness(bool ready, std::string_view database, std::uint64_t spooled) {
  auto answer = with(ready ? 200 : 503, {{"database", database}, {"spooled", spooled}});
  return answer;
}

} // namespace suivi::receiver
