// Reads X-Forwarded-For from its end, past the proxies that are trusted.
#include "common/http/message/client_address.hpp"

#include <algorithm>
#include <string_view>

namespace suivi {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "192.0.2.7", "192.0.2.7:4711", "2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:4711".
std::optional<ip_address> parse_entry(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    port = text.substr(end + 1);
    text = text.substr(1, end - 1);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    port = text.substr(text.find(':'));
    text = text.substr(0, text.find(':'));
  }
  if (!port.empty() && (port.front() != ':' || !parse_decimal(port.substr(1), 65535))) return std::nullopt;
  auto one = parse_ip_address(text);
  if (!one) return std::nullopt;
  return unmapped(*one);
}

// The entries of all X-Forwarded-For fields, as if they were one; empty ones say nothing.
std::vector<std::string_view> forwarded_for(const http::header_list& headers) {
  std::vector<std::string_view> entries;
  for (const auto& [name, value] : headers) {
    if (!http::same_name(name, "X-Forwarded-For")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      auto comma = rest.find(',');
      auto entry = trimmed(rest.substr(0, comma));
      if (!entry.empty()) entries.push_back(entry);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return entries;
}

// What proxies, content networks and tunnels add to a request that they pass on.
bool is_mark_of_proxy(std::string_view header) {
  std::string name(header);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name == "via" || name == "cdn-loop" || name == "x-varnish" ||
         name.find("forwarded") != std::string::npos || name.starts_with("x-envoy-") ||
         name.starts_with("x-amz-cf-") || name.starts_with("x-arr-") || name.starts_with("cf-") ||
         name.ends_with("-ip") || name.ends_with("-clientip");
}

} // namespace

std::optional<ip_address> client_address(const ip_address& peer, const http::header_list& headers,
                                         const std::vector<network>& trusted_proxies) {
  auto client = unmapped(peer);
  if (trusted_proxies.empty() || !is_within(client, trusted_proxies)) return client;
  auto entries = forwarded_for(headers);
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    auto named = parse_entry(*entry);
    if (!named) return std::nullopt;
    client = *named;
    if (!is_within(client, trusted_proxies)) break;
  }
  return client;
}

bool is_forwarded_by_stranger(const ip_address& peer, const http::header_list& headers,
                              const std::vector<network>& trusted_proxies) {
  if (is_within(peer, trusted_proxies)) return false;
  return std::ranges::any_of(headers, [](const auto& header) { return is_mark_of_proxy(header.first); });
}

} // namespace suivi
