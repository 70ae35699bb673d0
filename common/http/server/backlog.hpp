// Who waits in the kernel to be accepted. Taken from there one by one, each for as few calls of the kernel as
// can be: under a flood of connections this is what a stranger costs.
#pragma once

#include "common/base/time.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <optional>

namespace suivi::http {

namespace asio = boost::asio;

// One who was accepted. Closed with its owner, unless a socket was made of it.
class newcomer {
 public:
  // The next one. None: `failed` says why, would_block where nobody waits. The acceptor must not block.
  static std::optional<newcomer> next(asio::ip::tcp::acceptor& acceptor, boost::system::error_code& failed);

  newcomer(newcomer&& other) noexcept;
  newcomer& operator=(newcomer&&) = delete;
  ~newcomer();

  [[nodiscard]] const asio::ip::tcp::endpoint& peer() const { return peer_; }
  // It has closed without having sent anything.
  [[nodiscard]] bool has_gone() const { return first_byte_ == first_byte::never; }
  [[nodiscard]] bool has_sent() const { return first_byte_ == first_byte::there; }
  // For how long it has sent nothing; zero where that is not known.
  [[nodiscard]] milliseconds silent_for() const;

  // Throws what Asio throws.
  asio::ip::tcp::socket take(const asio::any_io_executor& executor);

 private:
  enum class first_byte { there, awaited, never };
  newcomer(int descriptor, asio::ip::tcp::endpoint peer);

  int descriptor_;
  asio::ip::tcp::endpoint peer_;
  first_byte first_byte_;
};

// Which part of the kernel's room for those who wait is taken: 0 to 1.
[[nodiscard]] double backlog_fill(asio::ip::tcp::acceptor& acceptor);

} // namespace suivi::http
