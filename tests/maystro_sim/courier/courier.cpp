// Maystro's API as the simulator answers it.
#include "tests/maystro_sim/courier/courier.hpp"

#include "tests/maystro_sim/courier/faults.hpp"
#include "tests/maystro_sim/courier/nord_west_face.hpp"
#include "tests/maystro_sim/world/row.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <fmt/format.h>

namespace suivi::sim {
namespace {

namespace json = boost::json;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

} // namespace

http::response json_answer(unsigned status, const json::value& body) {
  http::response r;
  r.status = status;
  r.body = json::serialize(body);
  return r;
}

http::response detail(unsigned status, std::string_view text) {
  return json_answer(status, json::object{{"detail", text}});
}

std::optional<client_account> parse_account(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t colon = std::min(text.find(':', from), text.size());
    parts.push_back(text.substr(from, colon - from));
    from = colon + 1;
  }
  const bool is_empty = std::any_of(parts.begin(), parts.end(), [](std::string_view p) { return p.empty(); });
  if (is_empty || parts.size() < 2 || parts.size() > 4) return std::nullopt;
  client_account a;
  a.id = parts[0];
  a.token = parts[1];
  a.name = parts.size() > 2 ? parts[2] : parts[0];
  const std::optional<courier_kind> kind =
      parts.size() > 3 ? courier_of_slug(parts[3]) : std::optional(courier_kind::maystro);
  if (!kind) return std::nullopt;
  a.kind = *kind;
  return a;
}

std::string_view base_path(courier_kind courier) {
  switch (courier) {
  case courier_kind::guepex:
    return "/guepex/v1";
  case courier_kind::nord_west:
    return "/noest/api/public";
  case courier_kind::maystro:
    break;
  }
  return "";
}

courier::courier(world_shape shape, std::vector<client_account> clients, settings begin)
    : all([&] {
        shape.accounts.clear();
        for (const auto& one : clients) shape.accounts.push_back(one.id);
        return std::move(shape);
      }()),
      set(std::move(begin)), accounts(std::move(clients)) {}

double courier::changes_per_second() const {
  if (set.changes_per_second > 0) return set.changes_per_second;
  return static_cast<double>(all.movable()) * set.speed / (6 * 3600.0);
}

void courier::move(std::chrono::duration<double> elapsed, instant now) {
  due_ += elapsed.count() * changes_per_second();
  while (due_ >= 1) {
    due_ -= 1;
    const auto moved = all.move_one(now);
    if (!moved) {
      due_ = 0;
      return;
    }
    ++changes;
    happened.push_back({*moved, false});
  }
}

std::vector<news> courier::take_news() {
  return std::exchange(happened, {});
}

std::optional<std::size_t> courier::authenticate(const http::request& request) const {
  auto credentials = http::find_header(request.headers, "Authorization").value_or("");
  if (!credentials.starts_with("Token ") && !credentials.starts_with("token ")) return std::nullopt;
  credentials.remove_prefix(6);
  for (std::size_t i = 0; i < accounts.size(); ++i)
    if (accounts[i].kind == courier_kind::maystro && accounts[i].token == credentials &&
        !contains(set.refused_tokens, credentials))
      return i;
  return std::nullopt;
}

std::optional<http::response> courier::throttle(std::size_t account, instant now, draw& chance) {
  bool too_many = chance.chance(set.throttle);
  if (set.requests_per_second > 0) {
    auto& recent = recent_[account];
    while (!recent.empty() && recent.front() <= now - seconds(1)) recent.pop_front();
    if (static_cast<std::int64_t>(recent.size()) >= set.requests_per_second)
      too_many = true;
    else
      recent.push_back(now);
  }
  if (!too_many) return std::nullopt;
  ++counted.throttled;
  auto r =
      detail(429, fmt::format("Request was throttled. Expected available in {} seconds.", set.retry_after_s));
  r.headers.emplace_back("Retry-After", set.retry_after_date ? http_date(now + seconds(set.retry_after_s))
                                                             : std::to_string(set.retry_after_s));
  return r;
}

http::response courier::answer(const http::request& request, instant now, draw& chance) {
  ++counted.requests;
  const auto target = http::parse_target(request.target);
  if (!target || target->segments.empty()) return detail(404, "Not found.");
  for (const courier_kind other : {courier_kind::guepex, courier_kind::nord_west})
    if (target->path.starts_with(base_path(other))) return other_answer(other, request, *target, now, chance);
  if (target->segments[0] != "api") return detail(404, "Not found.");
  const auto account = authenticate(request);
  if (!account) {
    ++counted.refused;
    auto r = detail(401, "Invalid token.");
    r.headers.emplace_back("WWW-Authenticate", "Token");
    return r;
  }
  if (auto refused = throttle(*account, now, chance)) return std::move(*refused);
  return maystro_answer(request, *target, *account, now, chance);
}

http::response courier::other_answer(courier_kind of, const http::request& request,
                                     const http::target& target, instant now, draw& chance) {
  const bool is_guepex = of == courier_kind::guepex;
  std::string token(http::find_header(request.headers, "X-API-TOKEN").value_or(""));
  std::string user(http::find_header(request.headers, "X-API-ID").value_or(""));
  if (!is_guepex) {
    body_key key = key_in(request.body);
    token = std::move(key.api_token);
    user = std::move(key.user_guid);
  }
  const auto owner = std::find_if(accounts.begin(), accounts.end(), [&](const client_account& one) {
    return one.kind == of && one.token == token && one.user() == user && !contains(set.refused_tokens, token);
  });
  if (owner == accounts.end()) {
    ++counted.refused;
    // Laravel's way where a key is missing altogether.
    if (!is_guepex && user.empty()) return json_answer(422, json::object{{"message", "user_guid"}});
    return json_answer(is_guepex ? 403 : 401, json::object{{"error", "wrong credentials"}});
  }
  const auto account = static_cast<std::size_t>(owner - accounts.begin());
  http::header_list quota_headers;
  if (is_guepex) {
    if (auto refused = guepex_.refuse(account, now, quota_headers)) {
      ++counted.throttled;
      for (auto& header : quota_headers) refused->headers.push_back(std::move(header));
      return std::move(*refused);
    }
  }
  if (auto refused = throttle(account, now, chance)) return std::move(*refused);
  const std::span<const std::string> path = std::span(target.segments).subspan(is_guepex ? 2 : 3);
  const bool listing = is_guepex && path.size() == 1 && path[0] == "parcels";
  const bool looking_up = listing && (target.find("order_id") || target.find("tracking"));
  const auto fault = choose_fault(set, listing ? target.find("page").value_or("") : "", chance);
  if (fault != fault_kind::none) ++counted.failed;
  if (auto instead = replaced_by(fault)) return std::move(*instead);

  if (listing && !looking_up) {
    if (chance.chance(set.shift_insert)) happened.push_back({{all.insert_foreign(account, now), 0}, true});
    if (chance.chance(set.shift_remove)) all.remove_foreign(account, chance);
  }
  ++(looking_up ? counted.look_ups : listing || !is_guepex ? counted.pages : counted.single_reads);
  const instant as_of = now - milliseconds(set.lag_ms);
  http::response answered = json_answer(404, json::object{{"error", "not found"}});
  if (is_guepex && request.method == "GET") {
    answered = guepex_.answer(all, account, target, path, as_of);
  } else if (!is_guepex && request.method == "POST" && path.size() == 3 && path[0] == "get" &&
             path[1] == "trackings" && path[2] == "info") {
    answered = nord_west_answer(all, account, request.body, as_of);
  }
  for (auto& header : quota_headers) answered.headers.push_back(std::move(header));
  spoil(answered, fault);
  return answered;
}

http::response courier::maystro_answer(const http::request& request, const http::target& target,
                                       std::size_t account, instant now, draw& chance) {
  const auto& path = target.segments;
  const bool listing = path.size() == 3 && path[1] == "stores" && path[2] == "orders";
  const auto fault = choose_fault(set, listing ? target.find("page").value_or("") : "", chance);
  if (fault != fault_kind::none) ++counted.failed;
  if (auto instead = replaced_by(fault)) return std::move(*instead);

  http::response answered = detail(404, "Not found.");
  const auto as_of = now - milliseconds(set.lag_ms);
  const bool reading = request.method == "GET" || request.method == "HEAD";
  if (path.size() >= 3 && path[1] == "stores" && path[2] == "hooks") {
    answered = hook_request(account, request, target);
  } else if (!reading) {
    answered = detail(405, fmt::format("Method \"{}\" not allowed.", request.method));
  } else if (listing) {
    answered = list(account, target, now, chance);
  } else if (path.size() == 4 && path[1] == "stores" && (path[2] == "orders" || path[2] == "history_order")) {
    ++counted.single_reads;
    const auto parcel = all.find_uuid(path[3]);
    if (!parcel || all.view(*parcel, as_of).account != account) {
      answered = detail(404, "Not found.");
    } else if (path[2] == "orders") {
      answered = json_answer(200, row(all.view(*parcel, as_of)));
    } else {
      json::array steps;
      for (const auto& [status, at] : all.history(*parcel, as_of))
        steps.push_back(
            json::object{{"status", status}, {"created_at", local_time(at)}, {"comment", nullptr}});
      answered = json_answer(200, steps);
    }
  }
  spoil(answered, fault);
  return answered;
}

http::response courier::list(std::size_t account, const http::target& target, instant now, draw& chance) {
  if (chance.chance(set.shift_insert)) {
    const auto fresh = all.insert_foreign(account, now);
    happened.push_back({{fresh, 0}, true});
  }
  if (chance.chance(set.shift_remove)) all.remove_foreign(account, chance);
  const auto as_of = now - milliseconds(set.lag_ms);
  const auto reference = target.find("external_order_id");
  if (reference && !reference->empty()) return look_up(account, *reference, as_of, chance);
  ++counted.pages;
  const auto number = whole_number(target.find("page").value_or("1"));
  if (!number || *number < 1) return detail(404, "Invalid page.");
  return page(account, *number, target.path, as_of);
}

http::response courier::look_up(std::size_t account, std::string_view reference, instant as_of,
                                draw& chance) {
  ++counted.look_ups;
  std::vector<parcel_index> found;
  for (const auto p : all.find_reference(account, reference))
    if (all.view(p, as_of).created_at <= as_of) found.push_back(p);
  const bool ignored = chance.chance(set.filter_ignored) || (set.unknown_unfiltered && found.empty());
  if (ignored) return page(account, 1, "/api/stores/orders/", as_of);
  json::array rows;
  for (const auto p : found) rows.push_back(row(all.view(p, as_of)));
  http::response r;
  const auto count = static_cast<std::int64_t>(rows.size());
  r.body = enveloped(std::move(rows), count, nullptr, nullptr);
  return r;
}

http::response courier::page(std::size_t account, std::int64_t number, std::string_view path, instant as_of) {
  const auto size = static_cast<std::size_t>(set.page_size);
  const auto count = all.count(account, as_of);
  const auto pages = static_cast<std::int64_t>(count == 0 ? 1 : (count + size - 1) / size);
  if (number > pages) return detail(404, "Invalid page.");
  json::array rows;
  for (const auto p : all.list(account, static_cast<std::size_t>(number - 1) * size, size, as_of))
    rows.push_back(row(all.view(p, as_of)));
  // As behind a proxy that ends TLS: http, and not the address that was asked.
  const auto link = [&](std::int64_t n) {
    return json::value(fmt::format("http://courier.invalid{}?page={}", path, n));
  };
  http::response r;
  r.body = enveloped(std::move(rows), static_cast<std::int64_t>(count) + set.count_lie,
                     number < pages ? link(number + 1) : json::value(nullptr),
                     number > 1 ? link(number - 1) : json::value(nullptr));
  return r;
}

std::string courier::enveloped(json::array rows, std::int64_t count, json::value next,
                               json::value previous) const {
  if (set.list_envelope == "bare") return json::serialize(rows);
  if (set.list_envelope == "list") return json::serialize(json::object{{"list", std::move(rows)}});
  json::object inner{{"count", count},
                     {"next", std::move(next)},
                     {"previous", std::move(previous)},
                     {"results", std::move(rows)}};
  if (set.list_envelope == "results") return json::serialize(inner);
  return json::serialize(json::object{{"list", std::move(inner)}});
}

} // namespace suivi::sim
