// The control endpoints that tests change the simulator by.
#include "tests/maystro_sim/control.hpp"

#include "common/maystro/status.hpp"
#include "tests/maystro_sim/world/other_words.hpp"
#include "tests/maystro_sim/world/row.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdlib>

namespace suivi::sim {
namespace {

namespace json = boost::json;

http::response wrong_request(std::string_view why) {
  return json_answer(400, json::object{{"error", why}});
}
http::response done() {
  return json_answer(200, json::object{{"ok", true}});
}

json::value moment(const std::optional<instant>& t) {
  return t ? json::value(format_instant(*t)) : json::value(nullptr);
}

constexpr instant end_of_time = instant::max();

json::object parcel_json(const world& all, const client_account& account, const world::truth& t) {
  const auto now = all.view(t.current, end_of_time);
  json::array parcels;
  for (const auto p : t.parcels) {
    const auto one = all.view(p, end_of_time);
    parcels.push_back(json::object{{"uuid", one.who.uuid},
                                   {"tracking", tracking_of(account.kind, one)},
                                   {"status", one.status},
                                   {"createdAt", format_instant(one.created_at)}});
  }
  const bool is_maystro = account.kind == courier_kind::maystro;
  const std::string text = is_maystro ? std::string(maystro::status_text(now.status))
                                      : std::string(last_words(account.kind, now).text);
  return {{"account", account.id},
          {"courier", slug(account.kind)},
          {"reference", t.reference},
          {"known", t.known},
          {"uuid", is_maystro ? json::value(now.who.uuid) : json::value(nullptr)},
          {"displayId", std::to_string(now.who.display_id)},
          {"tracking", tracking_of(account.kind, now)},
          {"status", now.status},
          {"text", text},
          {"alertedAt", moment(now.alerted_at)},
          {"alertReason", now.alert_reason},
          {"abortReason", now.abort_reason},
          {"parcels", std::move(parcels)}};
}

http::response truth(const courier& of, const http::target& target) {
  const auto reference = target.find("reference");
  const auto account = target.find("account");
  const bool everything = target.find("all").has_value();
  http::response r;
  r.content_type = "application/x-ndjson";
  for (order_index i = 0; i < of.all.order_count(); ++i) {
    const auto t = of.all.truth_of(i);
    if (!t || !(t->known || everything)) continue;
    if (reference && *reference != t->reference) continue;
    if (account && *account != of.accounts[t->account].id) continue;
    r.body += json::serialize(parcel_json(of.all, of.accounts[t->account], *t));
    r.body += '\n';
  }
  return r;
}

http::response counters(const courier& of, const pusher& push) {
  const auto& w = push.counted();
  const auto& q = of.counted;
  return json_answer(200, json::object{{"changes", of.changes},
                                       {"moving", of.set.moving},
                                       {"movable", of.all.movable()},
                                       {"sent", w.sent},
                                       {"delivered", w.delivered},
                                       {"lost", w.lost},
                                       {"duplicated", w.duplicated},
                                       {"pending", push.pending()},
                                       {"attempts", w.attempts},
                                       {"refused", w.refused},
                                       {"challenges", w.challenges},
                                       {"challengesFailed", w.challenges_failed},
                                       {"requests", json::object{{"all", q.requests},
                                                                 {"pages", q.pages},
                                                                 {"lookUps", q.look_ups},
                                                                 {"singleReads", q.single_reads},
                                                                 {"failed", q.failed},
                                                                 {"throttled", q.throttled},
                                                                 {"unauthorized", q.refused}}}});
}

std::optional<std::size_t> account_of(const courier& of, const json::object& body) {
  const auto* id = body.if_contains("account");
  if (id == nullptr) return 0;
  if (!id->is_string()) return std::nullopt;
  for (std::size_t i = 0; i < of.accounts.size(); ++i)
    if (of.accounts[i].id == std::string_view(id->get_string())) return i;
  return std::nullopt;
}

std::optional<std::string> text_of(const json::object& body, std::string_view name) {
  const auto* v = body.if_contains(name);
  if (v == nullptr || !v->is_string()) return std::nullopt;
  return std::string(v->get_string());
}

std::optional<int> status_of(const json::object& body) {
  const auto* v = body.if_contains("status");
  if (v == nullptr || !v->is_int64()) return std::nullopt;
  return static_cast<int>(v->get_int64());
}

bool flag_of(const json::object& body, std::string_view name) {
  const auto* v = body.if_contains(name);
  return v != nullptr && v->is_bool() && v->get_bool();
}

// {"account","reference","known","status","createdAt","uuid","tracking","push"}, all optional
http::response insert(courier& of, const json::object& body, instant now) {
  const auto account = account_of(of, body);
  if (!account) return wrong_request("account: no such account");
  new_parcel parcel;
  parcel.account = *account;
  parcel.reference = text_of(body, "reference").value_or("");
  parcel.known = flag_of(body, "known");
  parcel.way = {status_of(body).value_or(4)};
  parcel.uuid = text_of(body, "uuid");
  parcel.tracking = text_of(body, "tracking");
  if (const auto created = text_of(body, "createdAt")) {
    parcel.created_at = parse_instant(*created);
    if (!parcel.created_at) return wrong_request("createdAt: not a date");
  }
  const auto fresh = of.all.insert(std::move(parcel), now);
  if (flag_of(body, "push")) of.happened.push_back({{fresh, 0}, true});
  return json_answer(201, row(of.all.view(fresh, end_of_time)));
}

// {"status":41,"reason":…,"push":true}
http::response set_status(courier& of, parcel_index parcel, const json::object& body, instant now) {
  const auto status = status_of(body);
  if (!status) return wrong_request("status: a whole number");
  std::optional<json::value> reason;
  if (const auto* value = body.if_contains("reason")) reason = *value;
  const auto made = of.all.set_status(parcel, *status, now, std::move(reason));
  ++of.changes;
  if (flag_of(body, "push")) of.happened.push_back({made, false});
  return json_answer(200, row(of.all.view(parcel, end_of_time)));
}

// {"uuid","style","publishTime","messageId","status","event","url","withReference"}; only uuid must be there
http::response push_now(courier& of, pusher& push, const json::object& body, instant now) {
  const auto uuid = text_of(body, "uuid");
  const auto parcel = uuid ? of.all.find_uuid(*uuid) : std::nullopt;
  if (!parcel) return wrong_request("uuid: no such parcel");
  auto view = of.all.view(*parcel, end_of_time);
  if (const auto status = status_of(body))
    view.status = *status; // what the message claims, be it true or not
  const auto style = parse_style(text_of(body, "style").value_or("pubsub_once"));
  if (!style) return wrong_request("style: no such style");
  std::optional<instant> published = now;
  if (const auto* value = body.if_contains("publishTime")) {
    published = value->is_string() ? parse_instant(value->get_string()) : std::nullopt;
    if (!published && !value->is_null()) return wrong_request("publishTime: a date, or null for none");
  }
  auto url = text_of(body, "url").value_or(of.set.webhook_url);
  if (const auto at = url.find("{account}"); at != std::string::npos)
    url.replace(at, 9, of.accounts[view.account].id);
  if (url.empty()) return wrong_request("url: none given and no webhook_url set");
  const auto* with = body.if_contains("withReference");
  const bool with_reference = with == nullptr || !with->is_bool() || with->get_bool();
  const auto event = event_text(view, text_of(body, "event").value_or("OrderStatusChanged"), with_reference);
  draw plain_form(2);
  const auto id = text_of(body, "messageId").value_or(std::to_string(2'000'000'000 + push.counted().sent));
  auto message = wrap(*style, event, id, published, plain_form);
  auto message_json = json::object{{"url", url}, {"body", message.body}, {"messageId", id}};
  push.send_as_is(url, std::move(message));
  return json_answer(200, message_json);
}

http::response parcels(courier& of, const http::request& request, const http::target& target,
                       const json::object& body, instant now) {
  const auto& path = target.segments; // control orders [uuid [status]]
  if (path.size() == 2) return request.method == "POST" ? insert(of, body, now) : detail(405, "POST");
  const auto parcel = of.all.find_uuid(path[2]);
  if (!parcel) return detail(404, "no such parcel");
  if (path.size() == 3 && request.method == "DELETE") {
    of.all.remove(*parcel);
    return done();
  }
  if (path.size() == 4 && path[3] == "status" && request.method == "POST")
    return set_status(of, *parcel, body, now);
  return detail(404,
                "POST /control/orders, DELETE /control/orders/{uuid}, POST /control/orders/{uuid}/status");
}

http::response advance(courier& of, const http::target& target, instant now) {
  const std::string text(target.find("seconds").value_or(""));
  char* end = nullptr;
  const double amount = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(amount) || amount < 0)
    return wrong_request("seconds: 0 or more");
  const auto before = of.changes;
  of.move(std::chrono::duration<double>(amount), now);
  return json_answer(200, json::object{{"ok", true}, {"changes", of.changes - before}});
}

} // namespace

http::response control(courier& of, pusher& push, const http::request& request, instant now) {
  const auto target = http::parse_target(request.target);
  if (!target || target->segments.size() < 2) return detail(404, "see tests/maystro_sim/README.md");
  const std::string_view leaf = target->segments[1];
  const bool reading = request.method == "GET";
  if (reading && leaf == "truth") return truth(of, *target);
  if (reading && leaf == "counters") return counters(of, push);
  if (reading && leaf == "settings") return json_answer(200, to_json(of.set));
  if (reading) return detail(404, "GET /control/truth, counters, settings");

  json::value body = json::object();
  if (!request.body.empty()) {
    boost::system::error_code bad;
    body = json::parse(request.body, bad);
    if (bad || !body.is_object()) return wrong_request("the body is a JSON object");
  }
  if (leaf == "orders") return parcels(of, request, *target, body.get_object(), now);
  if (request.method != "POST") return detail(405, "POST");
  if (leaf == "settings") {
    if (const auto why = apply(of.set, body.get_object())) return wrong_request(*why);
    return json_answer(200, to_json(of.set));
  }
  if (leaf == "stop-moving" || leaf == "start-moving") {
    of.set.moving = leaf == "start-moving";
    return done();
  }
  if (leaf == "advance") return advance(of, *target, now);
  if (leaf == "push") return push_now(of, push, body.get_object(), now);
  return detail(404, "POST /control/settings, stop-moving, start-moving, advance, push, orders");
}

} // namespace suivi::sim
