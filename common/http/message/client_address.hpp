// Whose request it is: the peer, or, where the peer is a proxy that is trusted, whom that proxy names. Pure.
//
// Every proxy appends the address of its own peer to X-Forwarded-For, so the list is believed from its right
// end, as far as trusted proxies wrote it; what stands further left a client may have made up.
#pragma once

#include "common/http/message/message.hpp"
#include "common/network/ip_network.hpp"

#include <optional>
#include <vector>

namespace suivi {

// nullopt: a trusted proxy names somebody, but not by an address. Nobody knows then who that is, so it is
// neither allowed nor private. Where all are trusted it is the first of them.
[[nodiscard]] std::optional<ip_address> client_address(const ip_address& peer,
                                                       const http::header_list& headers,
                                                       const std::vector<network>& trusted_proxies);

// A proxy that is not trusted stands between: whoever asks is not who the connection comes from.
[[nodiscard]] bool is_forwarded_by_stranger(const ip_address& peer, const http::header_list& headers,
                                            const std::vector<network>& trusted_proxies);

} // namespace suivi
