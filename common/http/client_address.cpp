// Prefixes compared bit by bit, a header walked from its end.
#include "common/http/client_address.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace suivi::receiver {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned mapped_prefix_bits = 96; // ::ffff:0:0/96

ip_address unmapped(const ip_address& one) {
  if (!one.is_v6() || !one.to_v6().is_v4_mapped()) return one;
  return ip::make_address_v4(ip::v4_mapped, one.to_v6());
}

std::vector<unsigned char> bytes_of(const ip_address& one) {
  if (one.is_v4()) {
    auto four = one.to_v4().to_bytes();
    return {four.begin(), four.end()};
  }
  auto six = one.to_v6().to_bytes();
  return {six.begin(), six.end()};
}

std::optional<ip_address> parse_address(std::string_view text) {
  boost::system::error_code failed;
  auto one = ip::make_address(std::string(text), failed);
  if (failed) return std::nullopt;
  return one;
}

std::optional<unsigned> parse_number(std::string_view digits, unsigned limit) {
  unsigned number = 0;
  auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (wrong != std::errc() || end != digits.data() + digits.size() || number > limit) return std::nullopt;
  return number;
}

bool is_within(const ip_address& one, const network& of) {
  if (one.is_v4() != of.first.is_v4()) return false;
  auto a = bytes_of(one), b = bytes_of(of.first);
  auto whole = of.bits / 8, rest = of.bits % 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

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
  if (!port.empty() && (port.front() != ':' || !parse_number(port.substr(1), 65535))) return std::nullopt;
  auto one = parse_address(text);
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

} // namespace

std::optional<network> parse_network(std::string_view text) {
  auto slash = text.find('/');
  auto one = parse_address(text.substr(0, slash));
  if (!one) return std::nullopt;
  unsigned limit = one->is_v4() ? 32 : 128;
  auto bits = slash == std::string_view::npos ? limit : parse_number(text.substr(slash + 1), limit);
  if (!bits) return std::nullopt;
  auto plain = *bits >= mapped_prefix_bits ? unmapped(*one) : *one;
  if (plain.is_v4() && one->is_v6()) *bits -= mapped_prefix_bits;
  return network{plain, *bits};
}

std::vector<network> parse_networks(const std::vector<std::string>& texts) {
  std::vector<network> all;
  for (const auto& text : texts)
    if (auto one = parse_network(text)) all.push_back(*one);
  return all;
}

bool is_within(const ip_address& one, const std::vector<network>& any_of) {
  auto plain = unmapped(one);
  return std::any_of(any_of.begin(), any_of.end(), [&](const network& n) { return is_within(plain, n); });
}

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
  constexpr std::array<std::string_view, 8> marks{
      "X-Forwarded-For",   "Forwarded",        "X-Real-IP",   "X-Forwarded-Host",
      "X-Forwarded-Proto", "X-Forwarded-Port", "X-Client-IP", "Via"};
  if (is_within(peer, trusted_proxies)) return false;
  return std::ranges::any_of(
      marks, [&](std::string_view name) { return http::find_header(headers, name).has_value(); });
}

bool is_private(const ip_address& one) {
  auto plain = unmapped(one);
  if (plain.is_v6()) {
    auto six = plain.to_v6();
    return six.is_loopback() || six.is_link_local() || (six.to_bytes()[0] & 0xfe) == 0xfc;
  }
  auto four = plain.to_v4().to_bytes();
  return four[0] == 127 || four[0] == 10 || (four[0] == 172 && (four[1] & 0xf0) == 16) ||
         (four[0] == 192 && four[1] == 168) || (four[0] == 169 && four[1] == 254);
}

} // namespace suivi::receiver
