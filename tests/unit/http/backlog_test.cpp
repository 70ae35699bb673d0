// Who waits in the kernel to be accepted: what is known of each there, and whom one who has gone costs a
// place.
#include "common/http/server/backlog.hpp"

#include "tests/support/loopback.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <list>

using namespace loopback;
using suivi::http::newcomer;
using tcp = boost::asio::ip::tcp;

namespace {

struct listener {
  explicit listener(int capacity) : acceptor(context, tcp::v4()) {
    acceptor.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    acceptor.listen(capacity);
    acceptor.non_blocking(true);
  }
  [[nodiscard]] unsigned short port() const { return acceptor.local_endpoint().port(); }

  boost::asio::io_context context;
  tcp::acceptor acceptor;
};

} // namespace

TEST_CASE("one who was accepted has sent something, has gone, or is waited for") {
  listener at(8);
  boost::system::error_code failed;
  CHECK_FALSE(newcomer::next(at.acceptor, failed));
  CHECK(failed == boost::asio::error::would_block);
  std::list<raw_peer> peers;
  for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"})
    peers.emplace_back(at.port(), from);
  auto peer = peers.begin();
  (peer++)->send("G");
  (peer++)->finish_sending();
  (peer++)->reset();
  for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
    CAPTURE(from);
    auto next = newcomer::next(at.acceptor, failed);
    REQUIRE(next);
    std::string address = next->peer().address().to_string();
    CHECK(address == from);
    CHECK(next->has_sent() == (address == "127.0.0.2"));
    CHECK(next->has_gone() == (address == "127.0.0.3" || address == "127.0.0.4"));
  }
  CHECK(peers.back().closed_by_server()); // nobody took it
}

TEST_CASE("how full the kernel's backlog is can be seen") {
  listener at(8);
  CHECK(suivi::http::backlog_fill(at.acceptor) == 0);
  std::list<raw_peer> peers;
  for (int i = 0; i < 6; ++i) peers.emplace_back(at.port());
  CHECK(eventually([&] { return suivi::http::backlog_fill(at.acceptor) == 0.75; }));
}

TEST_CASE("who has gone before it was accepted takes nobody's place") {
  http::server_limits limits;
  limits.max_connections = 20;
  live_server server(echo(), limits);
  std::list<raw_peer> strangers;
  for (int i = 0; i < 20; ++i) strangers.emplace_back(server.port());
  REQUIRE(eventually([&] { return server.connections() == 20; }));
  server.on_thread([](http::server& itself) { // the server's thread is here, so it cannot accept meanwhile
    for (int i = 0; i < 100; ++i) raw_peer(itself.port()).finish_sending();
  });
  raw_peer right(server.port());
  right.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(right.read().status == 200);
  std::uint64_t evicted = 0;
  server.on_thread([&](http::server& itself) { evicted = itself.connections_evicted(); });
  CHECK(evicted == 1);
}
