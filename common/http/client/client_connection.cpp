// Connect, handshake, write, read; a timer that closes the socket makes each of them end.
#include "common/http/client/client_connection.hpp"

#include "common/http/wire/parse.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace suivi::http {
namespace {

using tcp = asio::ip::tcp;

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t max_head_bytes = 64 * 1024;

bool is_refusal(const boost::system::error_code& e) {
  return e == asio::error::connection_refused || e == asio::error::host_unreachable ||
         e == asio::error::network_unreachable || e == asio::error::network_down;
}

error after_handshake(SSL* tls, const boost::system::error_code& e) {
  // The error queue's first entry may be from the depths of a signature check, so the verdict is asked for
  // too.
  auto verdict = SSL_get_verify_result(tls);
  if (verdict != X509_V_OK) return permanent("http:certificate", X509_verify_cert_error_string(verdict));
  if (e.category() != asio::error::get_ssl_category()) return transient("http:reset", "TLS: " + e.message());
  auto reason = ERR_GET_REASON(static_cast<unsigned long>(e.value()));
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return permanent("http:certificate", "the certificate is for another host");
  return transient("http:malformed", "TLS: " + e.message());
}

} // namespace

client_connection::client_connection(asio::any_io_executor executor, tls_context tls)
    : socket_(executor), tls_(std::move(tls)), cut_timer_(executor) {}

void client_connection::cut_at(steady_time deadline) {
  auto watch = ++watch_;
  cut_timer_.expires_at(deadline);
  cut_timer_.async_wait([self = weak_from_this(), watch](const boost::system::error_code& lifted) {
    auto self_alive = self.lock();
    if (lifted || !self_alive || self_alive->watch_ != watch) return;
    self_alive->late_ = true;
    boost::system::error_code ignored;
    self_alive->socket_.close(ignored);
  });
}

void client_connection::uncut() {
  ++watch_;
  cut_timer_.cancel();
}

error client_connection::why_lost(const char* doing) const {
  if (late_) return transient("http:timeout", doing);
  if (failed_ == asio::error::timed_out) return transient("http:timeout", failed_.message());
  return transient("http:reset", std::string(doing) + ": " + failed_.message());
}

task<result<void>> client_connection::connect(tcp::endpoint where, std::string host, steady_time deadline) {
  cut_at(deadline);
  co_await socket_.async_connect(where, asio::redirect_error(asio::use_awaitable, failed_));
  if (failed_) {
    if (is_refusal(failed_) && !late_) co_return transient("http:refused", failed_.message());
    co_return why_lost("connecting");
  }
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  if (tls_) {
    secure_.emplace(socket_, *tls_);
    boost::system::error_code no_address;
    asio::ip::make_address(host, no_address);
    // RFC 6066 § 3: addresses are not sent as server names.
    if (no_address && SSL_set_tlsext_host_name(secure_->native_handle(), host.c_str()) != 1)
      co_return permanent("http:url", "this host cannot be asked for by name");
    secure_->set_verify_callback(asio::ssl::host_name_verification(host));
    co_await secure_->async_handshake(asio::ssl::stream_base::client,
                                      asio::redirect_error(asio::use_awaitable, failed_));
    if (failed_) {
      if (late_) co_return why_lost("TLS handshake");
      co_return after_handshake(secure_->native_handle(), failed_);
    }
  }
  uncut();
  co_return result<void>{};
}

task<bool> client_connection::write(std::string_view text) {
  auto bytes = asio::buffer(text);
  if (secure_)
    co_await asio::async_write(*secure_, bytes, asio::redirect_error(asio::use_awaitable, failed_));
  else
    co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, failed_));
  co_return !failed_;
}

task<std::size_t> client_connection::read() {
  auto space = in_.prepare(read_bytes);
  std::size_t n = 0;
  if (secure_)
    n = co_await secure_->async_read_some(space, asio::redirect_error(asio::use_awaitable, failed_));
  else
    n = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failed_));
  in_.commit(n);
  co_return n;
}

task<exchanged> client_connection::exchange(std::string text, bool head_only, std::size_t max_response_bytes,
                                            steady_time deadline) {
  exchanged out;
  cut_at(deadline);
  // A server may refuse a body before it has read it: even if the writing fails, an answer may be there.
  bool written = co_await write(text);
  bool received = false;
  while (true) {
    response_parser parser(max_head_bytes, max_response_bytes);
    parser.skip(head_only);
    step got = parser.feed(in_);
    while (got == step::more) {
      std::size_t n = co_await read();
      if (n != 0)
        got = parser.feed(in_);
      else if (failed_ == asio::error::eof && parser.begun())
        got = parser.end_of_input();
      else
        break;
      received = received || n != 0;
      if (n == 0 && got == step::malformed) { // ended in the middle
        got = step::more;
        break;
      }
    }
    if (got == step::more) {
      out.answer = why_lost(received ? "in the middle of an answer" : "before an answer");
      out.stale = !received && !late_;
      co_return out;
    }
    if (got == step::body_too_large || got == step::head_too_large) {
      out.answer = transient("http:too_large", "the answer is larger than allowed");
      co_return out;
    }
    if (got != step::done || parser.status == 101) {
      out.answer = transient("http:malformed", "the answer is not HTTP as understood here");
      co_return out;
    }
    if (parser.status / 100 == 1) continue;
    uncut();
    out.reusable = parser.keep_alive() && in_.size() == 0 && written && !failed_;
    out.answer = client_response{parser.status, std::move(parser.headers), std::move(parser.body)};
    co_return out;
  }
}

bool client_connection::still_usable() {
  char byte = 0;
  auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace suivi::http
