// The gate between two plain sockets: what each order does to bytes that are under way, and that it can be
// taken back.
#include "tests/support/gate.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

using namespace suivi;
using test::gate;
using way = gate::way;
using last_piece = gate::last_piece;

namespace {

// A blocking socket whose reads give up after a while.
class plain {
 public:
  explicit plain(int fd) : fd_(fd) { REQUIRE(fd_ >= 0); }
  plain(plain&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~plain() {
    if (fd_ >= 0) ::close(fd_);
  }
  void say(const std::string& text) const { ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void end() const { ::shutdown(fd_, SHUT_WR); }
  // As many bytes as `count_max`, fewer at the end; "nothing" if the patience ended first, "reset" at one.
  [[nodiscard]] std::string hear(std::size_t count_max, int patience_ms = 20'000) {
    timeval limit{patience_ms / 1000, (patience_ms % 1000) * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string got;
    while (got.size() < count_max) {
      char piece[4096];
      auto n = ::recv(fd_, piece, std::min(sizeof piece, count_max - got.size()), 0);
      ++reads;
      if (n == 0) return got;
      if (n < 0 && errno == ECONNRESET) return "reset";
      if (n < 0) return got.empty() ? "nothing" : got;
      got.append(piece, static_cast<std::size_t>(n));
    }
    return got;
  }
  int reads = 0;

 private:
  int fd_;
};

sockaddr_in loopback(int port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  return where;
}

struct server {
  server() : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
    auto here = loopback(0);
    socklen_t size = sizeof here;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&here), size) == 0);
    REQUIRE(::listen(fd, 8) == 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size);
    port = ntohs(here.sin_port);
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server() { ::close(fd); }
  [[nodiscard]] plain taken() const { return plain(::accept(fd, nullptr, nullptr)); }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }
  int fd;
  unsigned short port = 0;
};

plain connected(const gate& g) {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  auto there = loopback(std::stoi(g.url().substr(g.url().rfind(':') + 1)));
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0);
  return plain(fd);
}

struct pair {
  server listening;
  gate between{listening.url()};
  plain client = connected(between);
  plain taken = listening.taken();

  // The gate is open again: a new connection works.
  void recovers() {
    between.pass();
    auto next = connected(between);
    auto other = listening.taken();
    next.say("still there");
    CHECK(other.hear(11) == "still there");
    other.say("yes");
    CHECK(next.hear(3) == "yes");
  }
};

} // namespace

TEST_CASE("without orders bytes and each side's end pass through the gate") {
  pair p;
  p.client.say("question");
  CHECK(p.taken.hear(8) == "question");
  p.client.end();
  CHECK(p.taken.hear(1).empty());
  p.taken.say("answer");
  p.taken.end();
  CHECK(p.client.hear(100) == "answer");
  CHECK(p.between.accepted() == 1);
}

TEST_CASE("a stalled direction delivers nothing until the gate lets pass, and the other direction goes on") {
  pair p;
  p.between.stall(way::to_server);
  p.client.say("question");
  p.taken.say("answer");
  CHECK(p.client.hear(6) == "answer");
  CHECK(p.taken.hear(8, 100) == "nothing");
  for (int looks = 0; p.between.held() == 0 && looks < 1'000; ++looks) usleep(10'000);
  CHECK(p.between.held() == 1);
  p.between.pass();
  CHECK(p.taken.hear(8) == "question");
  CHECK(p.between.held() == 0);
  p.recovers();
}

TEST_CASE("a cut ends both sides of open connections") {
  pair p;
  p.between.sever();
  CHECK(p.client.hear(1).empty());
  CHECK(p.taken.hear(1).empty());
  p.recovers();
}

TEST_CASE("a reset is seen as one by both sides") {
  pair p;
  p.between.reset();
  CHECK(p.client.hear(1) == "reset");
  CHECK(p.taken.hear(1) == "reset");
  p.recovers();
}

TEST_CASE("a gate that refuses closes new connections at once and leaves open ones alone") {
  pair p;
  p.between.refuse();
  auto refused = connected(p.between);
  CHECK(refused.hear(1).empty());
  p.client.say("question");
  CHECK(p.taken.hear(8) == "question");
  p.recovers();
}

TEST_CASE("half-closed, one direction ends and the other goes on") {
  pair p;
  p.between.half_close(way::to_server);
  CHECK(p.taken.hear(1).empty());
  p.taken.say("answer");
  CHECK(p.client.hear(6) == "answer");
  p.recovers();
}

TEST_CASE("a delayed piece comes late, and whole") {
  pair p;
  p.between.delay(milliseconds(300));
  auto begun = std::chrono::steady_clock::now();
  p.client.say("question");
  CHECK(p.taken.hear(8) == "question");
  CHECK(std::chrono::steady_clock::now() - begun >= milliseconds(300));
  p.recovers();
}

TEST_CASE("sliced bytes arrive in many pieces and in order") {
  pair p;
  p.between.slice();
  std::string text;
  for (int n = 0; n < 500; ++n) text += std::to_string(n) + ",";
  p.client.say(text);
  CHECK(p.taken.hear(text.size()) == text);
  CHECK(p.taken.reads > 20); // some are read together, as the kernel likes
  p.recovers();
}

TEST_CASE("a trap cuts the connection when the bytes go by, even in two pieces, as often as told") {
  pair p;
  p.between.cut_at(way::to_server, "COMMIT", last_piece::passed_on, 2);
  p.client.say("BEGIN; COM");
  CHECK(p.taken.hear(10) == "BEGIN; COM");
  CHECK(p.between.sprung() == 0);
  p.client.say("MIT; more");
  CHECK(p.taken.hear(100) == "MIT; more");
  CHECK(p.client.hear(1).empty());
  CHECK(p.between.sprung() == 1);

  auto again = connected(p.between);
  auto taken = p.listening.taken();
  again.say("COMMIT");
  CHECK(taken.hear(100) == "COMMIT");
  CHECK(p.between.sprung() == 2);

  auto third = connected(p.between);
  auto unharmed = p.listening.taken();
  third.say("COMMIT");
  CHECK(unharmed.hear(6) == "COMMIT");
  unharmed.say("COMMIT");
  CHECK(third.hear(6) == "COMMIT");
  CHECK(p.between.sprung() == 2);
  p.recovers();
}

TEST_CASE("a trap that keeps the last piece back cuts before it is delivered") {
  pair p;
  p.between.cut_at(way::to_client, "COMMIT", last_piece::kept_back);
  p.client.say("COMMIT");
  CHECK(p.taken.hear(6) == "COMMIT"); // the other direction is not meant
  p.taken.say("COMMIT");
  CHECK(p.client.hear(100).empty());
  CHECK(p.between.sprung() == 1);
  p.recovers();
}

TEST_CASE("connections lead to another port once the server was started anew") {
  pair p;
  server other;
  p.between.lead_to(other.port);
  auto next = connected(p.between);
  auto taken = other.taken();
  next.say("question");
  CHECK(taken.hear(8) == "question");
}
