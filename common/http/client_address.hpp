// Whose request it is: the peer, or, where the peer is a proxy that is trusted, whom that proxy names. Pure.
//
// Every proxy appends the address of its own peer to X-Forwarded-For, so the list is believed from its right
// end, as far as trusted proxies wrote it; what stands further left a client may have made up.
#pragma once

#include "common/http/message.hpp"

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

using ip_address = boost::asio::ip::address;

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

// nullopt: a trusted proxy names somebody, but not by an address. Nobody knows then who that is, so it is
// neither allowed nor private. Where all are trusted it is the first of them.
[[nodiscard]] std::optional<ip_address> client_address(const ip_address& peer,
                                                       const http::header_list& headers,
                                                       const std::vector<network>& trusted_proxies);

// A proxy that is not trusted stands between: whoever asks is not who the connection comes from.
[[nodiscard]] bool is_forwarded_by_stranger(const ip_address& peer, const http::header_list& headers,
                                            const std::vector<network>& trusted_proxies);

// Loopback, link-local and private addresses (RFC 1918, RFC 4193).
[[nodiscard]] bool is_private(const ip_address& one);

} // namespace suivi::receiver
