// Host names to addresses, without waiting longer than asked.
#pragma once

#include "common/http/client/client.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace suivi::http {

// At least one endpoint, or "http:resolve", or "http:timeout" at `deadline`.
task<result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::string port,
                                                           steady_time deadline);

} // namespace suivi::http
