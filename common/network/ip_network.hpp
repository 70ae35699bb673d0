// Addresses and ranges of addresses. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi {

using ip_address = boost::asio::ip::address;

// Without the mapping of IPv4 into IPv6: a dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
[[nodiscard]] ip_address unmapped(const ip_address& one);
[[nodiscard]] std::optional<ip_address> parse_ip_address(std::string_view text);
// Digits only, at most `limit`.
[[nodiscard]] std::optional<unsigned> parse_decimal(std::string_view digits, unsigned limit);

// An address range; IPv4 mapped into IPv6 is IPv4 here, in networks and in addresses.
struct network {
  ip_address first; // of all its addresses
  unsigned bits = 0;
};

// "10.0.0.0/8", "2001:db8::/32", "192.0.2.7"; bits beyond the prefix are dropped. nullopt if it is none.
[[nodiscard]] std::optional<network> parse_network(std::string_view text);
// Of texts that the settings have checked.
[[nodiscard]] std::vector<network> parse_networks(const std::vector<std::string>& texts);
[[nodiscard]] bool is_within(const ip_address& one, const std::vector<network>& any_of);

// Loopback, link-local and private addresses (RFC 1918, RFC 4193).
[[nodiscard]] bool is_private(const ip_address& one);

} // namespace suivi
