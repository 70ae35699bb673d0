// Host names to addresses, without waiting longer than asked.
#pragma once

#include "common/http/client.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace suivi::http {

// At least one endpoint, or "http:resolve", or "http:timeout" at `deadline`. getaddrinfo cannot be
// interrupted: past the deadline its answer is dropped when it comes; the look-up belongs to nobody but
// itself and ends by the resolver's own limits.
task<result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::string port,
                                                           steady_time deadline);

} // namespace suivi::http
