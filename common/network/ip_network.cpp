// Parses and compares addresses and ranges, bit by bit.
#include "common/network/ip_network.hpp"

#include <algorithm>
#include <charconv>

namespace suivi {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned mapped_prefix_bits = 96; // ::ffff:0:0/96

std::vector<unsigned char> bytes_of(const ip_address& one) {
  if (one.is_v4()) {
    auto four = one.to_v4().to_bytes();
    return {four.begin(), four.end()};
  }
  auto six = one.to_v6().to_bytes();
  return {six.begin(), six.end()};
}

bool is_within(const ip_address& one, const network& of) {
  if (one.is_v4() != of.first.is_v4()) return false;
  auto a = bytes_of(one), b = bytes_of(of.first);
  auto whole = of.bits / 8, rest = of.bits % 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

} // namespace

ip_address unmapped(const ip_address& one) {
  if (!one.is_v6() || !one.to_v6().is_v4_mapped()) return one;
  return ip::make_address_v4(ip::v4_mapped, one.to_v6());
}

std::optional<ip_address> parse_ip_address(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt; // it would end there
  boost::system::error_code failed;
  auto one = ip::make_address(std::string(text), failed);
  if (failed) return std::nullopt;
  return one;
}

std::optional<unsigned> parse_decimal(std::string_view digits, unsigned limit) {
  unsigned number = 0;
  auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (wrong != std::errc() || end != digits.data() + digits.size() || number > limit) return std::nullopt;
  return number;
}

std::optional<network> parse_network(std::string_view text) {
  if (text.find('%') != std::string_view::npos) return std::nullopt; // a zone is one machine's
  auto slash = text.find('/');
  auto one = parse_ip_address(text.substr(0, slash));
  if (!one) return std::nullopt;
  unsigned limit = one->is_v4() ? 32 : 128;
  auto bits = slash == std::string_view::npos ? limit : parse_decimal(text.substr(slash + 1), limit);
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

} // namespace suivi
