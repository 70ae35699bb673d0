// Blocking sockets and threads: nothing of the house's own server, which could not be made to misbehave.
#include "tests/programs/raw_courier.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace suivi::test {

raw_answer whole_answer(int status, const std::string& body, const std::string& more_headers) {
  raw_answer a;
  a.bytes = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" + more_headers +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return a;
}

raw_courier::raw_courier(std::function<raw_answer(const std::string&)> answer_to)
    : answer_to_(std::move(answer_to)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) != 0)
    throw std::runtime_error("no port for the raw courier");
  port_ = ntohs(here.sin_port);
  accepting_ = std::thread([this] {
    for (;;) {
      int socket = ::accept(listener_, nullptr, nullptr);
      if (ending_ || socket < 0) {
        if (socket >= 0) ::close(socket);
        return;
      }
      std::lock_guard lock(guard_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  });
}

raw_courier::~raw_courier() {
  ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  ::close(listener_);
  {
    std::lock_guard lock(guard_);
    for (int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& t : threads_) t.join();
}

std::vector<std::string> raw_courier::targets() const {
  std::lock_guard lock(guard_);
  return targets_;
}

std::string raw_courier::last_head() const {
  std::lock_guard lock(guard_);
  return last_head_;
}

void raw_courier::serve(int socket) {
  std::string got;
  char piece[4096];
  while (!ending_) {
    std::size_t end = got.find("\r\n\r\n");
    if (end == std::string::npos) {
      ssize_t n = ::recv(socket, piece, sizeof piece, 0);
      if (n <= 0) break;
      got.append(piece, static_cast<std::size_t>(n));
      continue;
    }
    std::size_t from = got.find(' ') + 1;
    std::string target = got.substr(from, got.find(' ', from) - from);
    std::string head = got.substr(0, end);
    got.erase(0, end + 4);
    raw_answer answer;
    {
      std::lock_guard lock(guard_);
      last_head_ = head;
      targets_.push_back(target);
      answer = answer_to_(target);
    }
    if (answer.silent) continue; // until the other side closes
    if (answer.between_bytes.count() == 0) {
      ::send(socket, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
    } else {
      for (char c : answer.bytes) {
        if (ending_ || ::send(socket, &c, 1, MSG_NOSIGNAL) != 1) break;
        std::this_thread::sleep_for(answer.between_bytes);
      }
    }
    if (answer.reset) {
      linger no_linger{1, 0};
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
      break;
    }
  }
  std::lock_guard lock(guard_);
  std::erase(sockets_, socket);
  ::close(socket);
}

} // namespace suivi::test
