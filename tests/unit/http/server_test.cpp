// The server through real sockets: what a well-behaved peer sees.
#include "loopback.hpp"

#include <doctest/doctest.h>

using namespace loopback;

TEST_CASE("a request is answered with its length and the connection is kept") {
  live_server server(echo());
  raw_peer peer(server.port());
  peer.send("POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  auto answer = peer.read();
  CHECK(answer.status == 200);
  CHECK(answer.body == "POST /a?b=1 hello");
  CHECK(answer.head.find("Connection:") == std::string::npos);
  CHECK(answer.head.find("Date: ") != std::string::npos);
  CHECK(answer.head.find("Content-Type: text/plain\r\n") != std::string::npos);
  peer.send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read().body == "GET /again ");
  CHECK(server.connections() == 1);
}

TEST_CASE("pipelined requests are answered in order even when the first is slow") {
  http::handler slow_first = [](http::request asked) -> task<http::response> {
    if (asked.target == "/1") co_await suivi::runtime::sleep_for(milliseconds(50));
    http::response out;
    out.body = asked.target;
    co_return out;
  };
  live_server server(slow_first);
  raw_peer peer(server.port());
  std::string all;
  for (int i = 1; i <= 50; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  peer.send(all);
  for (int i = 1; i <= 50; ++i) CHECK(peer.read().body == "/" + std::to_string(i));
}
