// Bodies made while they are sent: framing, peers that leave or do not read, draining.
#include "common/http/server/body_stream.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/loopback.hpp"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <stdexcept>

using namespace loopback;

namespace {

constexpr auto get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

http::response streamed(http::body_producer made_by) {
  http::response out;
  out.content_type = "text/plain";
  out.stream = std::make_shared<http::body_stream>(std::move(made_by));
  return out;
}

// Answers every request with a body of that making.
http::handler always(http::body_producer made_by) {
  return [made_by](http::request) -> task<http::response> {
    auto out = streamed(made_by);
    co_return out;
  };
}

task<void> say_three_words(http::body_sink& to) {
  for (std::string word : {"one", "", "two", "three"}) {
    co_await to.send(word);
  }
}

// Until the peer has gone; `ended` counts those that noticed.
http::body_producer endless(std::atomic<int>& begun, std::atomic<int>& ended, std::size_t piece_bytes) {
  return [&begun, &ended, piece_bytes](http::body_sink& to) -> task<void> {
    ++begun;
    std::string piece(piece_bytes, 'x');
    bool going = true;
    while (going) {
      if (piece_bytes != 0) going = co_await to.send(piece);
      if (piece_bytes == 0) co_await suivi::runtime::sleep_for(milliseconds(2));
      going = going && to.open();
    }
    ++ended;
  };
}

} // namespace

TEST_CASE("a streamed body goes out in chunks and the connection is kept") {
  live_server server(always(say_three_words));
  raw_peer peer(server.port());
  peer.send(get);
  peer.send("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  auto all = peer.read_to_end();
  const std::string body = "\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n";
  auto first = all.find(body);
  REQUIRE(first != std::string::npos);
  CHECK(all.find("Transfer-Encoding: chunked\r\n") < first);
  CHECK(all.find("Content-Type: text/plain\r\n") < first);
  CHECK(all.find("Content-Length") == std::string::npos);
  CHECK(all.find(body, first + 1) != std::string::npos);
}

TEST_CASE("to HTTP 1.0 a streamed body ends with the connection") {
  live_server server(always(say_three_words));
  raw_peer peer(server.port());
  peer.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto all = peer.read_to_end();
  CHECK(all.ends_with("\r\n\r\nonetwothree"));
  CHECK(all.find("chunked") == std::string::npos);
  CHECK(all.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("HEAD of a streamed body is its head alone") {
  live_server server(always(say_three_words));
  raw_peer peer(server.port());
  peer.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(peer.read_to_end().ends_with("\r\n\r\n"));
}

TEST_CASE("a stream that says nothing notices that its peer has left") {
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  live_server server(always(endless(begun, ended, 0)));
  {
    raw_peer peer(server.port());
    peer.send(get);
    CHECK(peer.read().status == 200);
    REQUIRE(eventually([&] { return begun == 1; }));
  }
  CHECK(eventually([&] { return ended == 1; }));
  CHECK(eventually([&] { return server.connections() == 0; }));
}

TEST_CASE("a stream over TLS notices that its peer has said goodbye, though it has not closed") {
  certificates made;
  std::atomic<int> begun = 0, ended = 0;
  auto pair = made.issue("local", "DNS:localhost");
  live_server server(always(endless(begun, ended, 0)), {}, http::tls_files{pair.certificate, pair.key});
  boost::asio::io_context io;
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> peer(io, context);
  peer.next_layer().connect({boost::asio::ip::address_v4::loopback(), server.port()});
  peer.handshake(boost::asio::ssl::stream_base::client);
  boost::asio::write(peer, boost::asio::buffer(std::string(get)));
  REQUIRE(eventually([&] { return begun == 1; }));
  CHECK(ended == 0);
  boost::system::error_code ignored;
  peer.async_shutdown([&](boost::system::error_code) {}); // sends its goodbye and waits for the answer's
  io.run_for(std::chrono::milliseconds(500));
  CHECK(eventually([&] { return ended == 1; }));
  peer.next_layer().close(ignored);
  CHECK(eventually([&] { return server.connections() == 0; }));
}

TEST_CASE("a peer that does not read is cut off after the write timeout") {
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  http::server_limits limits;
  limits.write_timeout = milliseconds(100);
  live_server server(always(endless(begun, ended, 1 << 20)), limits);
  raw_peer peer(server.port());
  peer.send(get);
  CHECK(eventually([&] { return ended == 1; }));
  CHECK(eventually([&] { return server.connections() == 0; }));
}

TEST_CASE("a stream outlives every timeout while its peer reads") {
  http::server_limits limits;
  limits.write_timeout = limits.idle_timeout = limits.header_timeout = limits.body_timeout = milliseconds(40);
  http::body_producer slow = [](http::body_sink& to) -> task<void> {
    for (int i = 0; i < 5; ++i) {
      co_await suivi::runtime::sleep_for(milliseconds(50));
      co_await to.send("tick");
    }
  };
  live_server server(always(slow), limits);
  raw_peer peer(server.port());
  peer.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(peer.read_to_end().ends_with("\r\n\r\ntickticktickticktick"));
}

TEST_CASE("draining tells streams to end and they end whole") {
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  live_server server(always(endless(begun, ended, 0)));
  raw_peer peer(server.port());
  peer.send(get);
  REQUIRE(eventually([&] { return begun == 1; }));
  server.drain(milliseconds(60'000));
  CHECK(peer.read_to_end().ends_with("\r\n0\r\n\r\n"));
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("a stream that fails is cut before its last chunk") {
  http::body_producer failing = [](http::body_sink& to) -> task<void> {
    co_await to.send("half");
    throw std::runtime_error("made to fail");
  };
  live_server server(always(failing));
  raw_peer peer(server.port());
  peer.send(get);
  CHECK(peer.read_to_end().ends_with("4\r\nhalf\r\n"));
}
