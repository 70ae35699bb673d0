// The server through real sockets: what a well-behaved peer sees.
#include "tests/support/loopback.hpp"
#include "tests/unit/http/asking.hpp"

#include <boost/asio/co_spawn.hpp>
#include <doctest/doctest.h>
#include <exception>
#include <stdexcept>

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
  http::handler slow_first = [](http::request request) -> task<http::response> {
    if (request.target == "/1") co_await suivi::runtime::sleep_for(milliseconds(50));
    http::response out;
    out.body = request.target;
    co_return out;
  };
  live_server server(slow_first);
  raw_peer peer(server.port());
  std::string all;
  for (int i = 1; i <= 50; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  peer.send(all);
  for (int i = 1; i <= 50; ++i) CHECK(peer.read().body == "/" + std::to_string(i));
}

TEST_CASE("the answers of HTTP 1.0 and of Connection close end the connection") {
  live_server server(echo());
  raw_peer old(server.port());
  old.send("GET /old HTTP/1.0\r\n\r\n");
  auto answer = old.read();
  CHECK(answer.body == "GET /old ");
  CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(old.closed_by_server());
  raw_peer polite(server.port());
  polite.send("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(polite.read().body == "GET /last ");
  CHECK(polite.closed_by_server());
}

TEST_CASE("HTTP 1.0 may ask to keep the connection") {
  live_server server(echo());
  raw_peer peer(server.port());
  for (int i = 0; i < 3; ++i) {
    peer.send("GET /kept HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    auto answer = peer.read();
    CHECK(answer.body == "GET /kept ");
    CHECK(answer.head.find("Connection: keep-alive\r\n") != std::string::npos);
  }
}

TEST_CASE("HEAD is answered by the length alone") {
  live_server server(echo());
  raw_peer peer(server.port());
  peer.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\nGET /g HTTP/1.1\r\nHost: x\r\n\r\n");
  auto head = peer.read(false);
  CHECK(head.head.find("Content-Length: 8\r\n") != std::string::npos);
  CHECK(peer.read().body == "GET /g ");
}

TEST_CASE("a chunked body arrives whole") {
  live_server server(echo());
  raw_peer peer(server.port());
  peer.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  peer.send("2\r\nde\r\n0\r\n\r\n");
  CHECK(peer.read().body == "POST /c abcde");
}

TEST_CASE("a peer that waits for leave to send its body gets it") {
  live_server server(echo());
  raw_peer peer(server.port());
  peer.send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(peer.read().status == 100);
  peer.send("ok");
  CHECK(peer.read().body == "POST /e ok");
  peer.send(
      "POST /f HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok"); // did not wait
  CHECK(peer.read().body == "POST /f ok");
}

TEST_CASE("a large answer arrives whole") {
  http::handler large = [](http::request) -> task<http::response> {
    http::response out;
    out.body.assign(20'000'000, 'l');
    co_return out;
  };
  live_server server(large);
  raw_peer peer(server.port());
  for (int i = 0; i < 2; ++i) {
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(peer.read().body.size() == 20'000'000);
  }
}

TEST_CASE("a handler that throws or forges a header is answered 500 and the connection lives") {
  http::handler faulty = [](http::request request) -> task<http::response> {
    http::response out;
    if (request.target == "/throw") throw std::runtime_error("on purpose");
    if (request.target == "/forge") out.headers = {{"Allow", "GET\r\nX-Forged: 1"}};
    if (request.target == "/status") out.status = 99;
    if (request.target == "/abort") throw boost::system::system_error(boost::asio::error::operation_aborted);
    co_return out;
  };
  live_server server(faulty);
  raw_peer peer(server.port());
  for (auto target : {"/throw", "/forge", "/status", "/abort"}) {
    peer.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    auto answer = peer.read();
    CHECK(answer.status == 500);
    CHECK(answer.head.find("Forged") == std::string::npos);
  }
  peer.send("GET /fine HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read().status == 200);
}

TEST_CASE("a handler may close the connection after its answer or without one") {
  http::handler closing = [](http::request request) -> task<http::response> {
    http::response out;
    if (request.target == "/cut")
      out.status = 0;
    else
      out.headers = {{"Connection", "close"}};
    co_return out;
  };
  live_server server(closing);
  raw_peer peer(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read().head.find("Connection: close\r\n") != std::string::npos);
  CHECK(peer.closed_by_server());
  raw_peer closed(server.port());
  closed.send("GET /cut HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(closed.closed_by_server());
}

TEST_CASE("an address that cannot be listened on is named in a permanent error") {
  boost::asio::io_context context;
  live_server taken(echo());
  auto in_use = "127.0.0.1:" + std::to_string(taken.port());
  for (const auto& bad :
       {std::string("nonsense"), std::string("127.0.0.1"), std::string("127.0.0.1:x"),
        std::string("127.0.0.1:65536"), std::string("::1:80"), std::string("[127.0.0.1]:80"),
        std::string(":80"), std::string("192.0.2.1:0"), in_use}) {
    CAPTURE(bad);
    http::server server(context.get_executor(), {}, echo());
    auto listening = server.listen(bad);
    REQUIRE(!listening.has_value());
    CHECK(listening.error().code == "http:listen");
    CHECK(listening.error().kind == suivi::failure::permanent);
    CHECK(listening.error().detail.find(bad) == 0);
  }
}

TEST_CASE("both kinds of addresses are listened on and an IPv4 peer is known by its IPv4 address") {
  boost::asio::io_context context;
  http::handler whoami = [](http::request parsed) -> task<http::response> {
    http::response out;
    out.body = parsed.remote.to_string();
    co_return out;
  };
  http::server server(context.get_executor(), {}, whoami);
  if (!server.listen("[::]:0")) return; // a machine without IPv6
  client requester(context.get_executor(), {});
  std::vector<std::string> received;
  auto ask_both = [&](std::string port) -> task<void> {
    for (std::string host : {"127.0.0.1", "[::1]"}) {
      client_request request;
      request.url = "http://" + host + ":" + port + "/";
      auto answer = co_await requester.send(request, in_half_a_minute());
      received.push_back(answer ? answer->body : answer.error().code);
    }
    server.drain(milliseconds(0));
  };
  boost::asio::co_spawn(context, server.run(), [](std::exception_ptr thrown) { CHECK(!thrown); });
  boost::asio::co_spawn(context, ask_both(std::to_string(server.port())), [](std::exception_ptr) {});
  context.run();
  CHECK(received == std::vector<std::string>{"127.0.0.1", "::1"});
}

TEST_CASE("an answer of bytes that last is sent whole, and HEAD tells their size") {
  static const std::string lasting(100'000, 'b');
  live_server server([](http::request) -> task<http::response> {
    http::response answer;
    answer.lasting_body = lasting;
    co_return answer;
  });
  raw_peer peer(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read().body == lasting);
  peer.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read(false).head.find("Content-Length: 100000\r\n") != std::string::npos);
}
