// Somebody who listens to the operations API's stream over a plain socket, as eagerly or as lazily as a test
// wants.
#pragma once

#include "tests/programs/program.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace suivi::test {

class stream_client {
 public:
  // `base`: http://127.0.0.1:PORT. A `lazy` one has next to no room in its kernel for what it does not read.
  stream_client(const std::string& base, bool lazy = false)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int little = 4096;
    if (lazy) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(base.substr(base.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string request =
        "GET /api/v1/stream HTTP/1.1\r\nHost: suivi\r\nAuthorization: Bearer example-admin\r\n\r\n";
    bool there = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    there = there &&
            ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
    if (!there) throw std::runtime_error("no stream");
  }
  stream_client(const stream_client&) = delete;
  stream_client& operator=(const stream_client&) = delete;
  ~stream_client() { ::close(fd_); }

  // Reads on until `text` was among all that was ever heard.
  void await(const std::string& text) {
    std::size_t from = 0;
    wait_until("\"" + text + "\" in the stream", [&] {
      listen();
      bool found = received_.find(text, from) != std::string::npos;
      from = received_.size() > text.size() ? received_.size() - text.size() : 0;
      return found;
    });
  }
  void await_end() {
    wait_until("the stream's end", [&] {
      listen();
      return ended_;
    });
  }
  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  // What is there now.
  void listen() {
    pollfd one{fd_, POLLIN, 0};
    char piece[65536];
    while (!ended_ && ::poll(&one, 1, 0) == 1) {
      auto n = ::recv(fd_, piece, sizeof piece, 0);
      if (n <= 0)
        ended_ = true;
      else
        received_.append(piece, static_cast<std::size_t>(n));
    }
  }

  int fd_;
  std::string received_;
  bool ended_ = false;
};

} // namespace suivi::test
