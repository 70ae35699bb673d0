// Compares a request's path with the rows of the table.
#include "receiver/web/routes.hpp"

#include "common/base/utf8.hpp"
#include "common/courier_list/parts.hpp"
#include "common/crypto/crypto.hpp"

#include <algorithm>
#include <deque>

namespace suivi::receiver {
namespace {

constexpr std::size_t account_bytes_max = 256; // no shop's ids are as long

// NUL among it: an account's name that cannot be stored must not become that of another by leaving bytes out.
std::string storable_account(std::string_view named) {
  std::string text;
  for (char c : named.substr(0, account_bytes_max)) {
    if (c == '\0')
      text += "\xEF\xBF\xBD";
    else
      text += c;
  }
  return to_storable_text(text);
}

// As a person copies it into an address.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

using segments = std::vector<std::string>;

bool lower_case_equal(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// A row with its path taken apart, once for all requests.
struct known_row {
  route_row row;
  std::vector<std::string_view> parts;
};

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    std::string_view part = path.substr(0, path.find('/'));
    parts.push_back(part);
    path.remove_prefix(part.size());
  }
  return parts;
}

enum class fit { no, by_placeholder, exact };

fit fits(const std::vector<std::string_view>& parts, const segments& path, const std::string*& subject) {
  if (parts.size() != path.size()) return fit::no;
  fit how = fit::exact;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with('{')) {
      subject = &path[i];
      how = fit::by_placeholder;
    } else if (parts[i] != path[i]) {
      return fit::no;
    }
  }
  return how;
}

void read_webhook(const http::request& request, const route_row& row, route& found) {
  std::string_view account = trimmed(found.target.find("account").value_or(""));
  if (!account.empty()) found.account = storable_account(account);
  if (row.path.ends_with('}')) {
    found.secrets.push_back(found.subject);
    return;
  }
  if (auto s = found.target.find("secret")) {
    found.secrets.emplace_back(*s);
    // A `+` that was pasted as it is, from a secret in base64 say, has been read as a space.
    std::string pasted(*s);
    std::ranges::replace(pasted, ' ', '+');
    if (pasted != *s) found.secrets.push_back(std::move(pasted));
  }
  if (auto s = http::find_header(request.headers, "X-Webhook-Secret")) found.secrets.emplace_back(*s);
  if (auto s = bearer(request.headers)) found.secrets.emplace_back(*s);
}

// Where only the query is malformed, that is told apart from an address that is none.
std::optional<http::target> read_target(std::string_view text, bool& query_is_malformed) {
  auto whole = http::parse_target(text);
  if (whole) return whole;
  query_is_malformed = true;
  return http::parse_target(text.substr(0, text.find('?')));
}

// The couriers' addresses; those that shops had registered before there were these are the default courier's.
std::vector<known_row> with_addresses_of_couriers() {
  static std::deque<std::string> paths;
  std::vector<known_row> rows;
  auto add = [&](const route_row& row) { rows.push_back({row, parts_of(row.path)}); };
  for (const courier::courier_part* part : courier::all_parts()) {
    if (!part->can.sends_webhooks) continue;
    std::string name(slug(part->which));
    place where = part->signs != nullptr ? place::signed_webhook : place::webhook;
    auto add_address = [&](std::string_view method, std::string path) {
      add({method, paths.emplace_back(std::move(path)), where, operation::nowhere, right::operators,
           part->which});
    };
    if (part->signs != nullptr) add_address("GET", "/webhooks/" + name + "/{secret}"); // the challenge
    add_address("POST", "/webhooks/" + name + "/{secret}");
    if (part->which != default_courier) continue;
    add_address("POST", "/api/webhooks/" + name);
    add_address("POST", "/api/v1/webhooks/" + name);
  }
  for (const route_row& row : routes) add(row);
  return rows;
}

// The rows of the table whose path it is; `found` says the rest.
std::vector<const route_row*> match(const http::request& request, const segments& path, route& found) {
  std::vector<const route_row*> fitting;
  fit best = fit::by_placeholder;
  static const std::vector<known_row> rows = with_addresses_of_couriers();
  const std::string* best_subject = nullptr;
  for (const auto& [row, parts] : rows) {
    const std::string* subject = nullptr;
    fit how = fits(parts, path, subject);
    if (how < best) continue;
    if (how > best) fitting.clear();
    best = how;
    best_subject = subject;
    fitting.push_back(&row);
  }
  if (best_subject != nullptr) found.subject = *best_subject;
  for (const route_row* row : fitting) {
    // A challenge is no page: it is asked for by GET alone.
    bool reads = row->method == "GET" &&
                 row->where != place::signed_webhook; // HEAD as GET, and the server leaves the body out
    if (!found.allowed.empty()) found.allowed += ", ";
    found.allowed += reads ? "GET, HEAD" : row->method;
    found.where = row->where;
    found.courier = row->courier;
    if (request.method != row->method && !(reads && request.method == "HEAD")) continue;
    found.method_fits = true;
    found.operation = row->operation;
    found.who = row->who;
  }
  return fitting;
}

} // namespace

route find_route(const http::request& request) {
  route found;
  auto target = read_target(request.target, found.query_is_malformed);
  if (!target) return {};
  found.target = std::move(*target);
  std::vector<const route_row*> fitting = match(request, found.target.segments, found);
  if (found.where == place::webhook || found.where == place::signed_webhook)
    read_webhook(request, *fitting.front(), found);
  return found;
}

bool secret_fits(const std::vector<std::string>& offered, const std::vector<secret>& accepted) {
  bool fits_one = false;
  for (const auto& one : offered)
    for (const auto& good : accepted) {
      bool same = crypto::equal_in_constant_time(one, good.reveal());
      fits_one |= same && !good.empty();
    }
  return fits_one;
}

std::optional<std::string_view> bearer(const http::header_list& headers) {
  auto value = http::find_header(headers, "Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (!value || value->size() < scheme.size() || !lower_case_equal(value->substr(0, scheme.size()), scheme))
    return std::nullopt;
  value->remove_prefix(scheme.size());
  while (value->starts_with(' ')) value->remove_prefix(1);
  return value;
}

} // namespace suivi::receiver
