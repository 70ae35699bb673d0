// A request is judged by its head, before a body is taken; and all bodies under way share one budget.
#include "tests/support/loopback.hpp"

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <string>
#include <thread>

using namespace loopback;

namespace {

std::string post(const std::string& target, std::size_t length, const std::string& more = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "Content-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

void know_one_address(live_server& server) {
  server.on_thread([](http::server& itself) {
    itself.judge_heads([](const http::request& head) {
      http::head_verdict judged;
      judged.is_known = head.target == "/known";
      if (!judged.is_known) judged.refusal.emplace().status = 401;
      return judged;
    });
  });
}

} // namespace

TEST_CASE("what the head forbids is answered before a body is taken") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  know_one_address(server);
  raw_peer forbidden(server.port());
  forbidden.send(post("/other", 100'000));
  CHECK(forbidden.read().status == 401); // nothing of the body was sent
  CHECK(forbidden.closed_by_server());
  raw_peer asking_leave(server.port());
  asking_leave.send(post("/other", 10, "Expect: 100-continue\r\n"));
  CHECK(asking_leave.read().status == 401);
  raw_peer whole(server.port());
  for (int i = 0; i < 3; ++i) { // what is there already is read, and the connection kept
    whole.send(post("/other", 3) + "abc");
    CHECK(whole.read().status == 401);
  }
  CHECK(calls == 0);
}

TEST_CASE("all bodies under way share one budget, and who is beyond it is asked to come again") {
  std::atomic<int> calls = 0;
  http::server_limits limits;
  limits.bodies_bytes_max = 300'000;
  live_server server(counting(calls), limits);
  know_one_address(server);
  raw_peer first(server.port()), second(server.port());
  first.send(post("/known", 200'000) + std::string(199'999, 'x'));
  std::this_thread::sleep_for(milliseconds(100));
  second.send(post("/known", 200'000) + std::string(150'000, 'x'));
  CHECK(second.read().status == 503);
  first.send("x");
  CHECK(first.read().status == 200);
  raw_peer third(server.port());
  third.send(post("/known", 200'000) + std::string(200'000, 'x'));
  CHECK(third.read().status == 200);
}
