// POSIX sockets on the peer's side, so that nothing here shares code with what is tested.
#include "tests/support/loopback.hpp"

#include "tests/support/sanitized.hpp"

#include <arpa/inet.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <future>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace loopback {

namespace asio = boost::asio;

bool eventually(const std::function<bool()>& condition) {
  auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30 * suivi::test::slowness);
  while (std::chrono::steady_clock::now() < give_up) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return condition();
}

live_server::live_server(http::handler on_request, http::server_limits limits,
                         std::optional<http::tls_files> tls) {
  server_.emplace(context_.get_executor(), limits, std::move(on_request));
  if (tls) REQUIRE(server_->use_tls(*tls).has_value());
  REQUIRE(server_->listen("127.0.0.1:0").has_value());
  port_ = server_->port();
  asio::co_spawn(context_, server_->run(), [this](std::exception_ptr thrown) {
    CHECK(!thrown);
    ended_ = true;
  });
  thread_ = std::thread([this] { context_.run(); });
}

live_server::~live_server() {
  if (!ended_) {
    asio::post(context_, [this] { server_->drain(milliseconds(0)); });
  }
  thread_.join(); // the context runs dry only when run() and all connections have ended
  CHECK(ended_);
  CHECK(server_->connections() == 0);
}

void live_server::on_thread(const std::function<void(http::server&)>& work) {
  std::promise<void> done;
  asio::post(context_, [&] {
    work(*server_);
    done.set_value();
  });
  done.get_future().wait();
}

std::size_t live_server::connections() {
  std::size_t count = 0;
  on_thread([&](http::server& s) { count = s.connections(); });
  return count;
}

void live_server::drain(milliseconds grace) {
  on_thread([&](http::server& s) { s.drain(grace); });
}

suivi::result<void> live_server::use_tls(const http::tls_files& files) {
  suivi::result<void> made;
  on_thread([&](http::server& s) { made = s.use_tls(files); });
  return made;
}

namespace {

int connect_to(unsigned short port, const std::string& from_address = "127.0.0.1") {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval limit{30, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  inet_pton(AF_INET, from_address.c_str(), &from.sin_addr);
  (void)::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return socket;
  ::close(socket);
  return -1;
}

} // namespace

raw_peer::raw_peer(unsigned short port, const std::string& from) : socket_(connect_to(port, from)) {
  REQUIRE(socket_ >= 0);
}

raw_peer::~raw_peer() {
  if (socket_ >= 0) ::close(socket_);
}

bool raw_peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool raw_peer::receive() {
  char part[65536];
  auto n = ::recv(socket_, part, sizeof part, 0);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) FAIL("nothing came for 30 s");
  if (n <= 0) return false;
  in_.append(part, static_cast<std::size_t>(n));
  return true;
}

raw_answer raw_peer::read(bool with_body) {
  std::size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos)
    if (!receive()) return {};
  raw_answer out;
  out.head = in_.substr(0, end + 4);
  in_.erase(0, end + 4);
  out.status = static_cast<unsigned>(std::stoul(out.head.substr(9, 3)));
  auto at = out.head.find("Content-Length: ");
  std::size_t length = at == std::string::npos || !with_body ? 0 : std::stoul(out.head.substr(at + 16));
  while (in_.size() < length)
    if (!receive()) return {};
  out.body = in_.substr(0, length);
  in_.erase(0, length);
  return out;
}

std::string raw_peer::read_to_end() {
  while (receive()) {
  }
  return std::exchange(in_, {});
}

bool raw_peer::closed_by_server() {
  return read_to_end().empty();
}

void raw_peer::finish_sending() {
  ::shutdown(socket_, SHUT_WR);
}

void raw_peer::reset() {
  linger no_linger{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
  ::close(std::exchange(socket_, -1));
}

bool accepts(unsigned short port) {
  int socket = connect_to(port);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
}

namespace {

task<http::response> echo_answer(http::request request) {
  http::response out;
  out.content_type = "text/plain";
  out.body = request.method + " " + request.target + " " + request.body;
  co_return out;
}

} // namespace

http::handler echo() {
  return echo_answer;
}

http::handler counting(std::atomic<int>& calls) {
  return [&calls](http::request request) -> task<http::response> {
    ++calls;
    http::response out;
    out.body = std::to_string(request.body.size());
    co_return out;
  };
}

} // namespace loopback
