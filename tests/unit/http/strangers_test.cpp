// Connections and bodies of those who have shown no right to anything: what they may take from others.
#include "tests/support/loopback.hpp"

#include <atomic>
#include <doctest/doctest.h>
#include <memory>
#include <thread>
#include <vector>

using namespace loopback;

namespace {

constexpr auto get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

} // namespace

TEST_CASE("idle and half-sent connections of strangers give way, those of who has shown a right stay") {
  http::server_limits limits;
  limits.max_connections = 20;
  std::atomic<int> calls = 0;
  live_server server(counting(calls), limits);
  server.on_thread([](http::server& itself) {
    itself.judge_heads(
        [](const http::request& head) { return http::head_verdict{std::nullopt, head.target == "/known"}; });
  });
  const std::string known = "GET /known HTTP/1.1\r\nHost: x\r\n\r\n";
  raw_peer one(server.port());
  one.send(known);
  CHECK(one.read().status == 200);
  std::vector<std::unique_ptr<raw_peer>> strangers;
  for (int i = 0; i < 60; ++i) {
    strangers.push_back(std::make_unique<raw_peer>(server.port()));
    if (i % 3 == 1) strangers.back()->send("GET / HT");
    if (i % 3 == 2) strangers.back()->send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx");
    raw_peer other(server.port());
    other.send(known);
    CHECK(other.read().status == 200);
  }
  CHECK(server.connections() <= 21);
  one.send(known);
  CHECK(one.read().status == 200); // it has waited longest, and stays
}

TEST_CASE("however many strangers of one address wait to be accepted, nobody waits for them to have had "
          "their time") {
  http::server_limits limits;
  limits.max_connections = 20;
  std::atomic<int> calls = 0;
  live_server server(counting(calls), limits);
  std::vector<std::unique_ptr<raw_peer>> strangers;
  for (int i = 0; i < 600; ++i) strangers.push_back(std::make_unique<raw_peer>(server.port()));
  raw_peer other(server.port());
  other.send(get);
  CHECK(other.read().status == 200);
  CHECK(server.connections() <= 21);
}

// Each with its second of grace, 35 seconds would pass.
TEST_CASE("however many strangers of many addresses wait to be accepted, a right request is answered soon") {
  http::server_limits limits;
  limits.max_connections = 20;
  std::atomic<int> calls = 0;
  live_server server(counting(calls), limits);
  std::vector<std::unique_ptr<raw_peer>> strangers;
  for (int i = 0; i < 700; ++i) {
    std::string from = "127.0." + std::to_string(1 + i / 200) + "." + std::to_string(1 + i % 200);
    strangers.push_back(std::make_unique<raw_peer>(server.port(), from));
    if (i % 10 == 0) strangers.back()->send("GET / HT");
  }
  raw_peer other(server.port());
  other.send(get);
  CHECK(other.read().status == 200);
  CHECK(server.connections() <= 21);
}

TEST_CASE("strangers who do not read their answers give way") {
  http::server_limits limits;
  limits.max_connections = 20;
  limits.write_timeout = std::chrono::minutes(5);
  live_server server(
      [](http::request) -> task<http::response> {
        http::response large;
        large.body.assign(8'000'000, 'l');
        co_return large;
      },
      limits);
  std::vector<std::unique_ptr<raw_peer>> strangers;
  for (int i = 0; i < 20; ++i) {
    strangers.push_back(std::make_unique<raw_peer>(server.port()));
    strangers.back()->send(std::string(get) + get); // the second stays in the kernel
  }
  REQUIRE(eventually([&] { return server.connections() == 20; }));
  for (int i = 0; i < 3; ++i) {
    raw_peer other(server.port());
    other.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(other.read(false).status == 200);
  }
}

TEST_CASE("a head of more than 128 fields is refused with 431, whole or not") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  std::string fields;
  for (int i = 1; i < 128; ++i) fields += "a:b\r\n";
  raw_peer enough(server.port());
  enough.send("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
  CHECK(enough.read().status == 200);
  for (const char* end : {"\r\n", "a: b"}) {
    raw_peer more(server.port());
    more.send("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "a:b\r\n" + end);
    CHECK(more.read().status == 431);
  }
  CHECK(calls == 1);
}
