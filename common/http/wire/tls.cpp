// Makes TLS contexts with Suivi's own choice of versions and suites.
#include "common/http/wire/tls.hpp"

#include <boost/asio/ssl/error.hpp>
#include <ctime>
#include <filesystem>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

namespace suivi::http {

namespace asio = boost::asio;
namespace ssl = asio::ssl;

namespace {

// Forward secrecy and authenticated encryption only; of TLS 1.3 every suite is such.
constexpr const char* suites_of_tls_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

void set_common_options(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, suites_of_tls_1_2);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); // idle connections hold no record buffers
}

bool is_mismatch(const boost::system::error_code& failed) {
  auto reason = ERR_GET_REASON(static_cast<unsigned long>(failed.value()));
  return failed.category() == asio::error::get_ssl_category() &&
         (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH);
}

// A pipe would be waited for, and with it all that this thread does.
bool would_wait(const std::string& path) {
  std::error_code unreadable;
  auto type = std::filesystem::status(path, unreadable).type();
  return type == std::filesystem::file_type::fifo || type == std::filesystem::file_type::socket ||
         type == std::filesystem::file_type::character;
}

} // namespace

result<tls_context> make_server_tls(const tls_files& files) {
  if (would_wait(files.certificate))
    return permanent("http:tls_certificate", files.certificate + ": no file");
  if (would_wait(files.key)) return permanent("http:tls_key", files.key + ": no file");
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  auto native = context->native_handle();
  set_common_options(native);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  boost::system::error_code failed;
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); },
                                 failed);
  if (!failed) context->use_certificate_chain_file(files.certificate, failed);
  if (failed) return permanent("http:tls_certificate", files.certificate + ": " + failed.message());
  context->use_private_key_file(files.key, ssl::context::pem, failed);
  if ((failed && is_mismatch(failed)) || (!failed && SSL_CTX_check_private_key(native) != 1))
    return permanent("http:tls_key", files.key + ": not the key of " + files.certificate);
  if (failed) return permanent("http:tls_key", files.key + ": " + failed.message());
  return context;
}

std::optional<instant> certificate_expiry(const tls_context& context) {
  if (!context) return std::nullopt;
  const X509* certificate = SSL_CTX_get0_certificate(context->native_handle());
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
    return std::nullopt;
  return instant(std::chrono::seconds(::timegm(&parts)));
}

result<tls_context> make_client_tls(const std::string& ca_file, bool any_certificate) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  set_common_options(context->native_handle());
  boost::system::error_code failed;
  context->set_verify_mode(any_certificate ? ssl::verify_none : ssl::verify_peer, failed);
  if (!failed) context->set_default_verify_paths(failed);
  if (failed) return permanent("http:certificate", failed.message());
  if (!ca_file.empty()) context->load_verify_file(ca_file, failed);
  if (failed) return permanent("http:certificate", "authorities " + ca_file + ": " + failed.message());
  return context;
}

} // namespace suivi::http
