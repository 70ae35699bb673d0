// Blocking sockets, one thread a connection; poll() with a short limit, so that the end is never missed.
#include "tests/programs/cutting_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace suivi::test {
namespace {

constexpr int poll_ms = 50;

sockaddr_in loopback(unsigned short port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  return at;
}

std::string read_some(int socket) {
  char piece[16384];
  ssize_t n = ::recv(socket, piece, sizeof piece, 0);
  return n > 0 ? std::string(piece, static_cast<std::size_t>(n)) : std::string();
}

bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// The server's word that it is ready for the next request, outside a transaction.
bool is_ready(std::string_view answer) {
  using namespace std::string_view_literals;
  return answer.ends_with("Z\0\0\0\5I"sv);
}

} // namespace

cutting_relay::cutting_relay(unsigned short server_port) : server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here = loopback(0);
  socklen_t size = sizeof here;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) != 0)
    throw std::runtime_error("no port for the relay");
  port_ = ntohs(here.sin_port);
  accepting_ = std::thread([this] {
    while (!ending_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, poll_ms) <= 0) continue;
      int client = ::accept(listener_, nullptr, nullptr);
      if (client >= 0) threads_.emplace_back([this, client] { serve(client); });
    }
  });
}

cutting_relay::~cutting_relay() {
  ending_ = true;
  accepting_.join();
  for (std::thread& one : threads_) one.join();
  ::close(listener_);
}

void cutting_relay::cut_after(std::string text, int times) {
  std::lock_guard lock(guard_);
  text_ = std::move(text);
  left_ = times;
}

bool cutting_relay::is_doomed(const std::string& request) {
  std::lock_guard lock(guard_);
  if (left_ == 0 || request.find(text_) == std::string::npos) return false;
  --left_;
  return true;
}

void cutting_relay::serve(int client) {
  int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in there = loopback(server_port_);
  bool open = ::connect(server, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0;
  bool doomed = false;
  std::string withheld;
  while (open && !ending_) {
    pollfd both[2]{{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(both, 2, poll_ms) <= 0) continue;
    if (both[0].revents != 0) {
      std::string request = read_some(client);
      doomed = doomed || is_doomed(request);
      open = !request.empty() && write_all(server, request);
    }
    if (open && both[1].revents != 0) {
      std::string said = read_some(server);
      open = !said.empty();
      if (doomed) {
        withheld += said;
        open = open && !is_ready(withheld);
      } else {
        open = open && write_all(client, said);
      }
    }
  }
  ::close(client);
  ::close(server);
}

} // namespace suivi::test
