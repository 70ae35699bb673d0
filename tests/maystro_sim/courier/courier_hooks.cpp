// The courier's hook management: types, own hooks ("costume" is the courier's spelling), the request for a
// test message.
#include "tests/maystro_sim/courier/courier.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace suivi::sim {
namespace {

namespace json = boost::json;

// A trigger type's id is made from its name, so it stays when the list is changed.
std::string trigger_id(std::string_view name) {
  return identify(hash(name), 1).uuid;
}

json::object hook_json(std::string_view trigger) {
  return {{"id", trigger_id(trigger)}, {"name", trigger}, {"description", "made up"}};
}

json::object hook_json(const hook& h) {
  return {{"id", h.id}, {"endpoint", h.endpoint}, {"trigger_type", hook_json(h.trigger)}};
}

http::response invalid(std::string_view field, std::string_view why) {
  return json_answer(400, json::object{{"status_code", 400}, {field, json::array{why}}});
}

} // namespace

std::string courier::enveloped_hooks(json::array rows) const {
  if (set.hooks_envelope == "bare") return json::serialize(rows);
  return json::serialize(json::object{
      {"count", rows.size()}, {"next", nullptr}, {"previous", nullptr}, {"results", std::move(rows)}});
}

http::response courier::hook_request(std::size_t account, const http::request& request,
                                     const http::target& target) {
  const auto& path = target.segments; // api stores hooks …
  const std::string_view leaf = path.size() > 3 ? std::string_view(path[3]) : std::string_view();
  http::response r;
  if (path.size() == 4 && leaf == "types" && request.method == "GET") {
    json::array types;
    for (const auto& name : set.trigger_types) types.push_back(hook_json(name));
    r.body = enveloped_hooks(std::move(types));
    return r;
  }
  if (path.size() == 4 && leaf == "costume" && request.method == "GET") {
    json::array mine;
    for (const auto& h : hooks)
      if (h.account == account) mine.push_back(hook_json(h));
    r.body = enveloped_hooks(std::move(mine));
    return r;
  }
  if (path.size() == 4 && leaf == "costume" && request.method == "POST") {
    boost::system::error_code bad;
    const auto body = json::parse(request.body, bad);
    if (bad || !body.is_object()) return detail(400, "JSON parse error");
    const auto* endpoint = body.get_object().if_contains("endpoint");
    const auto* wanted = body.get_object().if_contains("trigger_type_id");
    if (endpoint == nullptr || !endpoint->is_string()) return invalid("endpoint", "This field is required.");
    if (!endpoint->get_string().starts_with("http")) return invalid("endpoint", "Enter a valid URL.");
    if (wanted == nullptr || !wanted->is_string())
      return invalid("trigger_type_id", "This field is required.");
    const auto type =
        std::find_if(set.trigger_types.begin(), set.trigger_types.end(), [&](const std::string& name) {
          return trigger_id(name) == std::string_view(wanted->get_string());
        });
    if (type == set.trigger_types.end())
      return invalid("trigger_type_id", "Invalid pk: object does not exist.");
    const auto id = identify(hash({all.shape().first.seed, 601}), ++hooks_made_).uuid;
    hooks.push_back({id, account, std::string(endpoint->get_string()), *type});
    return json_answer(201, hook_json(hooks.back()));
  }
  if (path.size() == 5 && leaf == "costume" && request.method == "DELETE") {
    const auto before = hooks.size();
    std::erase_if(hooks, [&](const hook& h) { return h.account == account && h.id == path[4]; });
    if (hooks.size() == before) return detail(404, "Not found.");
    r.status = 204;
    return r;
  }
  if (path.size() == 5 && leaf == "test" && path[4] == "request" && request.method == "POST") {
    test_requests.push_back(account);
    return json_answer(200, json::object{{"detail", "A test message is on its way."}});
  }
  if (path.size() >= 4 && (leaf == "types" || leaf == "costume" || leaf == "test"))
    return detail(405, "Method \"" + request.method + "\" not allowed.");
  return detail(404, "Not found.");
}

} // namespace suivi::sim
