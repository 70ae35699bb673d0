// Plain sockets; of an answer's head only the length counts.
#include "tests/bench/wire.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace suivi::bench {

void fail(const char* operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

int connect_to(unsigned short port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(fd);
    fail("connect");
  }
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

std::size_t answer_end(std::string_view in) {
  auto head = in.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  constexpr std::string_view field = "content-length:";
  std::size_t length = 0;
  for (std::size_t at = in.find("\r\n"); at < head; at = in.find("\r\n", at + 2)) {
    auto line = in.substr(at + 2, field.size());
    bool same = line.size() == field.size();
    for (std::size_t i = 0; same && i < field.size(); ++i) same = (line[i] | 0x20) == (field[i] | 0x20);
    if (!same) continue;
    auto digits = in.substr(at + 2 + field.size(), 24);
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    break;
  }
  return in.size() >= head + 4 + length ? head + 4 + length : 0;
}

} // namespace suivi::bench
