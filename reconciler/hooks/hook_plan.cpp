// Builds the hooks' addresses and compares what is there with what is wanted.
#include "reconciler/hooks/hook_plan.hpp"

#include "common/http/message/message.hpp"

#include <algorithm>
#include <array>

namespace suivi::reconciler {
namespace {

constexpr std::array<std::string_view, 4> specific_triggers{"OrderStatusChanged", "OrderFieldUpdated",
                                                            "OrderDelivered", "DeliveryInfoUpdated"};
constexpr std::string_view mask = "***";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// The courier has spelled names both ways: OrderStatusChanged, order_status_changed.
bool same_trigger(std::string_view a, std::string_view b) {
  auto letters = [](std::string_view text) {
    std::string out = lower(text);
    std::erase(out, '_');
    return out;
  };
  return letters(a) == letters(b);
}

bool is_of(const hook& h, const hook_type& type) {
  return std::any_of(h.trigger_ids.begin(), h.trigger_ids.end(),
                     [&](const std::string& id) { return id == type.id || same_trigger(id, type.name); });
}

const hook_type* find(std::span<const hook_type> types, std::string_view name) {
  auto found = std::find_if(types.begin(), types.end(),
                            [&](const hook_type& t) { return same_trigger(t.name, name); });
  return found == types.end() ? nullptr : &*found;
}

// Where the path begins: after `scheme://authority`.
std::size_t path_at(std::string_view url) {
  std::size_t scheme = url.find("://");
  std::size_t from = scheme == std::string_view::npos ? 0 : scheme + 3;
  return std::min(url.find_first_of("/?#", from), url.size());
}

std::string_view without_last_slashes(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

// What follows the public address; nullopt: another address.
std::optional<http::target> below(std::string_view endpoint, std::string_view public_url) {
  std::string_view base = without_last_slashes(public_url);
  if (base.empty() || endpoint.size() < base.size()) return std::nullopt;
  std::size_t host_end = path_at(base);
  if (lower(endpoint.substr(0, host_end)) != lower(base.substr(0, host_end))) return std::nullopt;
  if (endpoint.substr(host_end, base.size() - host_end) != base.substr(host_end)) return std::nullopt;
  return http::parse_target(endpoint.substr(base.size()));
}

bool is_ours(const hook& h, const hook_owner& owner) {
  std::optional<our_endpoint> read = read_endpoint(h.endpoint, owner.public_url);
  if (!read || !read->account) return false;
  if (*read->account == owner.account) return true;
  // Of an account the shop no longer has: what it delivers can only end as a conflict.
  return std::find(owner.other_accounts.begin(), owner.other_accounts.end(), *read->account) ==
         owner.other_accounts.end();
}

std::string address_before_secret(courier_kind which) {
  return "/webhooks/" + std::string(slug(which)) + "/";
}

bool is_slug(std::string_view text) {
  return std::ranges::any_of(couriers, [&](courier_kind which) { return slug(which) == text; });
}

// Where the secret of an address of any courier begins; npos: it is none.
std::size_t secret_at(std::string_view path) {
  for (courier_kind which : couriers) {
    std::string before = address_before_secret(which);
    if (std::size_t at = path.find(before); at != std::string_view::npos) return at + before.size();
  }
  return std::string_view::npos;
}

} // namespace

std::string endpoint_of(const hook_owner& owner) {
  return std::string(without_last_slashes(owner.public_url)) + address_before_secret(owner.courier) +
         http::percent_encode(owner.secret) + "?account=" + http::percent_encode(owner.account);
}

std::optional<our_endpoint> read_endpoint(std::string_view endpoint, std::string_view public_url) {
  std::optional<http::target> rest = below(endpoint, public_url);
  if (!rest || rest->segments.size() != 3) return std::nullopt;
  if (rest->segments[0] != "webhooks" || !is_slug(rest->segments[1])) return std::nullopt;
  our_endpoint read{rest->segments[2], std::nullopt};
  if (auto account = rest->find("account")) read.account = std::string(*account);
  return read;
}

std::string masked_endpoint(std::string_view endpoint) {
  std::size_t host_end = path_at(endpoint);
  std::string_view host = endpoint.substr(0, host_end);
  std::string out;
  if (std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    std::size_t scheme = host.find("://");
    out = host.substr(0, scheme == std::string_view::npos ? 0 : scheme + 3);
    out += mask;
    host.remove_prefix(at);
  }
  out += host;
  std::string_view rest = endpoint.substr(host_end);
  rest = rest.substr(0, rest.find('#'));
  std::size_t query_at = std::min(rest.find('?'), rest.size());
  std::string_view path = rest.substr(0, query_at);
  if (std::size_t from = secret_at(path); from != std::string_view::npos) {
    std::size_t to = std::min(path.find('/', from), path.size());
    out += path.substr(0, from);
    if (to > from) out += mask;
    out += path.substr(to);
  } else {
    out += path;
  }
  std::string_view query = rest.substr(query_at);
  char mark = '?';
  if (!query.empty()) query.remove_prefix(1);
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    std::size_t equals = pair.find('=');
    out += mark;
    mark = '&';
    if (pair.starts_with("account="))
      out += pair;
    else if (equals == std::string_view::npos)
      out += mask; // the whole of it may be the secret
    else
      out.append(pair.substr(0, equals + 1)).append(mask);
  }
  return out;
}

std::vector<hook> hooks_of(std::span<const hook> there, const hook_owner& owner) {
  std::vector<hook> ours;
  for (const hook& h : there)
    if (is_ours(h, owner)) ours.push_back(h);
  return ours;
}

old_hooks hooks_at_old_addresses(std::span<const hook> there, std::span<const hook_type> types,
                                 const hook_owner& owner) {
  using path = std::vector<std::string>;
  std::string name(slug(owner.courier));
  old_hooks found;
  bool all_accepted = true;
  for (const hook& h : there) {
    std::optional<http::target> rest = below(h.endpoint, owner.public_url);
    bool old = rest && (rest->segments == path{"api", "webhooks", name} ||
                        rest->segments == path{"api", "v1", "webhooks", name});
    if (!old) continue;
    auto secret = rest->find("secret");
    bool fits =
        secret && (owner.any_secret || std::find(owner.accepted_secrets.begin(), owner.accepted_secrets.end(),
                                                 *secret) != owner.accepted_secrets.end());
    bool tells = h.trigger_ids.empty(); // the list does not say on which trigger
    if (tells) found.triggers.emplace_back("a trigger that the courier does not name");
    for (const hook_type& type : types) {
      bool of_orders = same_trigger(type.name, "all") ||
                       std::any_of(specific_triggers.begin(), specific_triggers.end(),
                                   [&](std::string_view name) { return same_trigger(name, type.name); });
      if (!of_orders || !is_of(h, type)) continue;
      tells = true;
      if (std::find(found.triggers.begin(), found.triggers.end(), type.name) == found.triggers.end())
        found.triggers.push_back(type.name);
    }
    if (tells) all_accepted = all_accepted && (fits || owner.open);
  }
  found.accepted = all_accepted && !found.triggers.empty();
  return found;
}

hook_plan plan_hooks(std::span<const hook> there, std::span<const hook_type> types, const hook_owner& owner) {
  hook_plan plan;
  for (std::string_view name : specific_triggers)
    if (const hook_type* type = find(types, name)) plan.wanted.push_back(*type);
  bool specific = !plan.wanted.empty();
  const hook_type* all = find(types, "all");
  if (!specific && all) plan.wanted.push_back(*all);

  std::vector<bool> served(plan.wanted.size(), false);
  std::vector<hook> unreported; // ours, but the list does not say on which trigger
  for (const hook& h : hooks_of(there, owner)) {
    std::optional<our_endpoint> read = read_endpoint(h.endpoint, owner.public_url);
    bool current = (owner.any_secret || read->secret == owner.secret) && read->account == owner.account;
    if (current && h.trigger_ids.empty()) {
      unreported.push_back(h);
      continue;
    }
    bool serves = false, repeats = false;
    for (std::size_t i = 0; current && i < plan.wanted.size(); ++i) {
      if (!is_of(h, plan.wanted[i])) continue;
      if (served[i])
        repeats = true;
      else
        served[i] = serves = true;
    }
    bool beside_specific = specific && all && is_of(h, *all);
    if (serves)
      plan.keep.push_back(h);
    else if (!current || repeats || beside_specific)
      plan.remove.push_back(h);
    else
      plan.keep.push_back(h);
  }
  // Each of the untold stands for one that is wanted: better one too few than the same one twice.
  for (hook& h : unreported) {
    auto missing = std::find(served.begin(), served.end(), false);
    if (missing != served.end()) *missing = true;
    plan.keep.push_back(std::move(h));
  }
  for (std::size_t i = 0; i < plan.wanted.size(); ++i)
    if (!served[i]) plan.add.push_back(plan.wanted[i]);
  return plan;
}

std::string trigger_names(const hook& h, std::span<const hook_type> types) {
  std::string names;
  for (const std::string& id : h.trigger_ids) {
    auto type = std::find_if(types.begin(), types.end(), [&](const hook_type& t) { return t.id == id; });
    if (!names.empty()) names += ", ";
    names += type == types.end() ? id : type->name;
  }
  return names;
}

} // namespace suivi::reconciler
