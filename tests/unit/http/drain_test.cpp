// Ending: what is in progress is finished, what is idle is closed, what takes too long is cut, nothing is
// left.
#include "tests/support/loopback.hpp"

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <doctest/doctest.h>

using namespace loopback;

namespace {

constexpr auto get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr milliseconds long_grace{60'000};

// Answers only once `gate` opens.
http::handler gated(std::atomic<bool>& gate, std::atomic<int>& inside) {
  return [&gate, &inside](http::request) -> task<http::response> {
    ++inside;
    while (!gate) co_await suivi::runtime::sleep_for(milliseconds(2));
    co_return http::response{};
  };
}

} // namespace

TEST_CASE("draining finishes the request in progress and says that the connection closes") {
  std::atomic<bool> gate = false;
  std::atomic<int> inside = 0;
  live_server server(gated(gate, inside));
  raw_peer peer(server.port());
  peer.send(get);
  REQUIRE(eventually([&] { return inside == 1; }));
  server.drain(long_grace);
  CHECK(!accepts(server.port()));
  CHECK(!server.ended());
  gate = true;
  auto answer = peer.read();
  CHECK(answer.status == 200);
  CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(peer.closed_by_server());
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("draining closes idle connections at once") {
  live_server server(echo());
  raw_peer idle(server.port());
  idle.send(get);
  CHECK(idle.read().status == 200);
  server.drain(long_grace);
  CHECK(idle.closed_by_server());
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("draining lets a request that is still arriving arrive") {
  live_server server(echo());
  raw_peer peer(server.port());
  peer.send("POST /slow HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  REQUIRE(peer.read().status == 100);
  server.drain(long_grace);
  peer.send("late");
  auto answer = peer.read();
  CHECK(answer.body == "POST /slow late");
  CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("draining serves a peer that was still waiting to be accepted") {
  std::atomic<bool> gate = false;
  std::atomic<int> inside = 0;
  live_server server(gated(gate, inside));
  std::optional<raw_peer> waiting;
  server.on_thread([&](http::server& s) { // the server's thread is here, so it cannot accept meanwhile
    waiting.emplace(s.port());
    waiting->send(get);
    s.drain(long_grace);
  });
  gate = true;
  CHECK(waiting->read().status == 200);
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("draining does not wait for connections that never say anything") {
  live_server server(echo());
  raw_peer mute(server.port());
  REQUIRE(eventually([&] { return server.connections() == 1; }));
  server.drain(long_grace);
  CHECK(mute.closed_by_server());
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("what is left after the grace is cut") {
  std::atomic<bool> gate = false;
  std::atomic<int> inside = 0;
  live_server server(gated(gate, inside));
  raw_peer hanging(server.port());
  hanging.send(get);
  raw_peer half(server.port());
  half.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n12");
  REQUIRE(eventually([&] { return inside == 1 && server.connections() == 2; }));
  server.drain(milliseconds(20));
  CHECK(hanging.closed_by_server());
  CHECK(half.closed_by_server());
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("a server drained before it runs returns at once") {
  boost::asio::io_context context;
  http::server server(context.get_executor(), {}, echo());
  REQUIRE(server.listen("127.0.0.1:0").has_value());
  server.drain(long_grace);
  bool ended = false;
  boost::asio::co_spawn(context, server.run(), [&](std::exception_ptr thrown) { ended = !thrown; });
  context.run();
  CHECK(ended);
}

TEST_CASE("cancelling the run ends every connection first") {
  boost::asio::io_context context;
  std::atomic<bool> gate = false;
  std::atomic<int> inside = 0;
  http::server server(context.get_executor(), {}, gated(gate, inside));
  REQUIRE(server.listen("127.0.0.1:0").has_value());
  boost::asio::cancellation_signal stop;
  bool ended = false;
  boost::asio::co_spawn(context, server.run(),
                        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr thrown) {
                          ended = thrown != nullptr; // operation_aborted
                        }));
  raw_peer hanging(server.port());
  hanging.send(get);
  raw_peer idle(server.port());
  while (inside == 0 || server.connections() < 2) context.run_one();
  stop.emit(boost::asio::cancellation_type::terminal);
  context.run();
  CHECK(ended);
  CHECK(server.connections() == 0);
  CHECK(hanging.closed_by_server());
  CHECK(idle.closed_by_server());
}
