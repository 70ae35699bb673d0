// One connection of the client: opened, used for some requests, closed. Every wait has a moment at which it
// is cut.
#pragma once

#include "common/base/error.hpp"
#include "common/http/client/client.hpp"
#include "common/http/message/url.hpp"
#include "common/http/wire/tls.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>

namespace suivi::http {

// What came of one request on one link.
struct exchanged {
  result<client_response> answer = client_response{};
  bool stale = false;    // failed before the first byte of an answer
  bool reusable = false; // may carry another request
};

class client_connection : public std::enable_shared_from_this<client_connection> {
 public:
  // `tls` null = plain.
  client_connection(asio::any_io_executor executor, tls_context tls);

  task<result<void>> connect(asio::ip::tcp::endpoint where, std::string host, steady_time deadline);
  // `text` is the whole request as it goes onto the wire.
  task<exchanged> exchange(std::string text, bool head_only, std::size_t max_response_bytes,
                           steady_time deadline);

  // No: the peer has closed meanwhile, or has said something nobody asked for.
  [[nodiscard]] bool still_usable();

 private:
  void cut_at(steady_time deadline);
  void uncut();
  task<bool> write(std::string_view text);
  // 0 = nothing more will come; failed_ says why.
  task<std::size_t> read();
  [[nodiscard]] error why_lost(const char* doing) const;

  asio::ip::tcp::socket socket_;
  tls_context tls_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> secure_;
  boost::beast::flat_buffer in_;
  boost::system::error_code failed_;
  asio::steady_timer cut_timer_;
  unsigned watch_ = 0; // tells the present deadline from one that has been lifted
  bool late_ = false;
};

} // namespace suivi::http
