// A session over a socket, plain or with TLS: the request loop.
#pragma once

#include "common/http/server/session.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

namespace suivi::http {

// `tls` null = plain.
std::unique_ptr<session> make_session(server_state& shared, asio::ip::tcp::socket socket,
                                      asio::ip::address peer, std::shared_ptr<asio::ssl::context> tls);

} // namespace suivi::http
