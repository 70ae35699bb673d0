// A peer that is scripted, over plain POSIX sockets.
#include "tests/unit/http/scripted.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace loopback {

std::string scripted_connection::read_head() {
  std::string in;
  char byte = 0;
  while (in.find("\r\n\r\n") == std::string::npos) {
    if (::recv(socket_, &byte, 1, 0) <= 0) return "";
    in += byte;
  }
  return in;
}

void scripted_connection::say(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    auto n = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

void scripted_connection::wait_for_close() {
  char part[4096];
  while (::recv(socket_, part, sizeof part, 0) > 0) {
  }
}

void scripted_connection::reset() {
  linger no_linger{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
}

scripted_server::scripted_server(script steps) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(listener_, reinterpret_cast<sockaddr*>(&at), size);
  ::listen(listener_, 16);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this, steps = std::move(steps)] {
    while (true) {
      int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      timeval limit{30, 0};
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      scripted_connection on(socket);
      steps(on, connections_++);
      ::close(socket);
    }
  });
}

scripted_server::~scripted_server() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

} // namespace loopback
