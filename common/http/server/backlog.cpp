// accept4, one look for the first byte, and TCP_INFO where it is asked for.
#include "common/http/server/backlog.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace suivi::http {
namespace {

using tcp = asio::ip::tcp;

std::optional<tcp_info> info_of(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info;
}

} // namespace

std::optional<newcomer> newcomer::next(tcp::acceptor& acceptor, boost::system::error_code& failed) {
  tcp::endpoint peer;
  auto size = static_cast<socklen_t>(peer.capacity());
  int accepted = ::accept4(acceptor.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) {
    failed.assign(errno, boost::system::system_category());
    return std::nullopt;
  }
  failed.clear();
  peer.resize(size);
  return newcomer(accepted, peer);
}

newcomer::newcomer(int descriptor, tcp::endpoint peer) : descriptor_(descriptor), peer_(std::move(peer)) {
  char first = 0;
  auto got = ::recv(descriptor, &first, 1, MSG_PEEK);
  bool awaited = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  first_byte_ = got > 0 ? first_byte::there : awaited ? first_byte::awaited : first_byte::never;
}

newcomer::newcomer(newcomer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), peer_(other.peer_), first_byte_(other.first_byte_) {}

newcomer::~newcomer() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

milliseconds newcomer::silent_for() const {
  auto info = info_of(descriptor_);
  return milliseconds(info && !has_sent() ? info->tcpi_last_data_recv : 0);
}

tcp::socket newcomer::take(const asio::any_io_executor& executor) {
  tcp::socket made(executor, peer_.protocol(), descriptor_);
  descriptor_ = -1;
  return made;
}

double backlog_fill(tcp::acceptor& acceptor) {
  auto info = info_of(acceptor.native_handle()); // of a listener: how many wait, and how many may
  if (!info || info->tcpi_sacked == 0) return 0;
  return std::min(1.0, static_cast<double>(info->tcpi_unacked) / info->tcpi_sacked);
}

} // namespace suivi::http
