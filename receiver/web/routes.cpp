// The table of addresses.
#include "receiver/web/routes.hpp"

#include "common/crypto/crypto.hpp"

namespace suivi::receiver {
namespace {

using segments = std::vector<std::string>;

bool is(const segments& path, std::initializer_list<std::string_view> wanted) {
  return std::equal(path.begin(), path.end(), wanted.begin(), wanted.end());
}

bool lower_case_equal(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

route plain(place where, const http::request& request) {
  return {where, "GET, HEAD", request.method == "GET" || request.method == "HEAD", {}, {}};
}

route webhook(const http::request& request, const http::target& target) {
  route found{place::webhook, "POST", request.method == "POST", {}, {}};
  if (auto account = target.find("account"); account && !account->empty())
    found.account = std::string(*account);
  return found;
}

} // namespace

route find_route(const http::request& request) {
  auto target = http::parse_target(request.target);
  if (!target) return {};
  const auto& path = target->segments;
  if (is(path, {"healthz"})) return plain(place::health, request);
  if (is(path, {"readyz"})) return plain(place::readiness, request);
  if (is(path, {"metrics"})) return plain(place::metrics, request);
  if (path.size() == 3 && path[0] == "webhooks" && path[1] == "maystro") {
    auto found = webhook(request, *target);
    found.secrets.push_back(path[2]);
    return found;
  }
  if (is(path, {"api", "webhooks", "maystro"}) || is(path, {"api", "v1", "webhooks", "maystro"})) {
    auto found = webhook(request, *target);
    if (auto s = target->find("secret")) found.secrets.emplace_back(*s);
    if (auto s = http::find_header(request.headers, "X-Webhook-Secret")) found.secrets.emplace_back(*s);
    if (auto s = bearer(request.headers)) found.secrets.emplace_back(*s);
    return found;
  }
  return {};
}

bool secret_fits(const std::vector<std::string>& offered, const std::vector<secret>& accepted) {
  bool fits = false;
  for (const auto& one : offered)
    for (const auto& good : accepted) {
      bool same = crypto::equal_in_constant_time(one, good.reveal());
      fits |= same && !good.empty();
    }
  return fits;
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
