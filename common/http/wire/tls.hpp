// TLS settings of both sides: 1.2 and newer, suites with forward secrecy and authenticated encryption only.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/http/wire/tls_files.hpp"

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>

namespace suivi::http {

using tls_context = std::shared_ptr<boost::asio::ssl::context>;

// permanent "http:tls_certificate" or "http:tls_key", naming the file. An encrypted key is an error; nobody
// is asked for a password.
[[nodiscard]] result<tls_context> make_server_tls(const tls_files& files);

// Verifies the peer against the system's authorities and, unless empty, those of `ca_file` (PEM). permanent
// "http:certificate" if that cannot be read. `any_certificate`: verifies nothing.
[[nodiscard]] result<tls_context> make_client_tls(const std::string& ca_file, bool any_certificate = false);

// When the certificate of a server's context ends; nullopt without one.
[[nodiscard]] std::optional<instant> certificate_expiry(const tls_context& context);

} // namespace suivi::http
