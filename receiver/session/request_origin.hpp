// Where a request comes from, as far as a browser tells: whether a page of our own made it. Pure.
#pragma once

#include "common/http/message/client_address.hpp"
#include "common/http/message/message.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

// Over TLS: our own, or, where the peer is a trusted proxy, as its X-Forwarded-Proto says.
[[nodiscard]] bool is_encrypted(bool own_tls, const ip_address& peer, const http::header_list& headers,
                                const std::vector<network>& trusted_proxies);

// No page of another origin made it: `Origin`, where sent, is the request's own scheme and Host, and
// `Sec-Fetch-Site`, where sent, is same-origin.
[[nodiscard]] bool is_not_foreign(const http::header_list& headers, bool encrypted);
// As that, and `Origin` is sent: what a request with a cookie that changes something must show.
[[nodiscard]] bool is_of_own_page(const http::header_list& headers, bool encrypted);

} // namespace suivi::receiver
