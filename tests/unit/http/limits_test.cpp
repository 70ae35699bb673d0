// The server through real sockets: what a faulty, slow or hostile peer sees, and that the next one is served.
#include "tests/support/loopback.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <memory>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace loopback;

namespace {

void check_serves(live_server& server) {
  raw_peer next(server.port());
  next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(next.read().status == 200);
}

std::string post(std::size_t declared) {
  return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(declared) + "\r\n\r\n";
}

constexpr auto get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

} // namespace

TEST_CASE("a body of the limit passes and one byte more is refused with 413") {
  std::atomic<int> calls = 0;
  http::server_limits limits;
  limits.max_body_bytes = 1000;
  live_server server(counting(calls), limits);
  for (std::size_t size : {999, 1000}) {
    raw_peer peer(server.port());
    peer.send(post(size) + std::string(size, 'b'));
    CHECK(peer.read().body == std::to_string(size));
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n" +
              std::string(500, 'c') + "\r\n");
    char rest[8];
    std::snprintf(rest, sizeof rest, "%zx", size - 500);
    peer.send(std::string(rest) + "\r\n" + std::string(size - 500, 'c') + "\r\n0\r\n\r\n");
    CHECK(peer.read().body == std::to_string(size));
  }
  CHECK(calls == 4);
  raw_peer declared(server.port());
  declared.send(post(1001));
  CHECK(declared.read().status == 413);
  CHECK(declared.closed_by_server());
  raw_peer chunked(server.port());
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
               std::string(1000, 'c') + "\r\n1\r\nd\r\n0\r\n\r\n");
  CHECK(chunked.read().status == 413);
  CHECK(chunked.closed_by_server());
  CHECK(calls == 4);
}

TEST_CASE("a peer that sends a refused body to its end can still read the answer") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  raw_peer peer(server.port());
  peer.send(post(8'000'000));
  CHECK(peer.send(std::string(8'000'000, 'b')));
  auto answer = peer.read();
  CHECK(answer.status == 413);
  CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.body.find("\"success\":false") != std::string::npos);
  CHECK(calls == 0);
}

TEST_CASE("a refused body is refused before leave to send it is given") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  raw_peer peer(server.port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
  CHECK(peer.read().status == 413);
}

TEST_CASE("a head over its limit is refused with 431") {
  std::atomic<int> calls = 0;
  http::server_limits limits;
  limits.max_header_bytes = 300;
  live_server server(counting(calls), limits);
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ";
  for (int over : {0, 1}) {
    raw_peer peer(server.port());
    peer.send(head + std::string(300 - head.size() - 4 + static_cast<std::size_t>(over), 'a') + "\r\n\r\n");
    CHECK(peer.read().status == (over == 0 ? 200u : 431u));
  }
  raw_peer endless(server.port());
  endless.send(head + std::string(100'000, 'a'));
  CHECK(endless.read().status == 431);
  CHECK(endless.closed_by_server());
  CHECK(calls == 1);
}

TEST_CASE("what is not HTTP is answered 400 and closed") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  for (std::string garbage :
       {"\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nNo colon here\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "\xff\xfe\xfd\xfc\r\n\r\n"}) {
    CAPTURE(garbage);
    raw_peer peer(server.port());
    peer.send(garbage);
    CHECK(peer.read().status == 400);
    CHECK(peer.closed_by_server());
  }
  raw_peer coded(server.port());
  coded.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n");
  CHECK(coded.read().status == 501);
  CHECK(calls == 0);
  check_serves(server);
}

TEST_CASE("a good request before a malformed one is answered first") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  raw_peer peer(server.port());
  peer.send(std::string(get) + "garbage\r\n\r\n");
  CHECK(peer.read().status == 200);
  CHECK(peer.read().status == 400);
  CHECK(peer.closed_by_server());
}

TEST_CASE("half a request never reaches the handler") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  for (bool reset : {false, true}) {
    raw_peer peer(server.port());
    peer.send(post(1000) + std::string(500, 'h'));
    REQUIRE(eventually([&] { return server.connections() == 1; }));
    if (reset)
      peer.reset();
    else
      peer.finish_sending();
    REQUIRE(eventually([&] { return server.connections() == 0; }));
  }
  raw_peer head(server.port());
  head.send("GET / HTTP/1.1\r\nHost:");
  head.finish_sending();
  CHECK(head.closed_by_server());
  CHECK(calls == 0);
  check_serves(server);
}

TEST_CASE("a peer that has said all it will still gets its answer") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  raw_peer peer(server.port());
  peer.send(get);
  peer.finish_sending();
  CHECK(peer.read().status == 200);
  CHECK(peer.closed_by_server());
}

TEST_CASE("slow peers are cut in every phase and drops of bytes buy no time") {
  std::atomic<int> calls = 0;
  http::server_limits limits;
  limits.idle_timeout = limits.header_timeout = limits.body_timeout = milliseconds(150);
  live_server server(counting(calls), limits);
  raw_peer silent(server.port());
  raw_peer slow_body(server.port());
  slow_body.send(post(10) + "12345");
  raw_peer idle(server.port());
  idle.send(get);
  CHECK(idle.read().status == 200);
  raw_peer dripping(server.port());
  bool closed = false;
  dripping.send("GET /");
  for (int i = 0; i < 3000 && !closed; ++i) {
    closed = !dripping.send("a");
    std::this_thread::sleep_for(std::chrono::milliseconds(10)); // the slowness itself
  }
  CHECK(closed);
  CHECK(silent.closed_by_server());
  CHECK(slow_body.closed_by_server());
  CHECK(idle.closed_by_server());
  CHECK(calls == 1);
  CHECK(eventually([&] { return server.connections() == 0; }));
}

TEST_CASE("a peer that does not read its answer is cut") {
  http::handler large = [](http::request) -> task<http::response> {
    http::response out;
    out.body.assign(50'000'000, 'l');
    co_return out;
  };
  http::server_limits limits;
  limits.write_timeout = milliseconds(150);
  live_server server(large, limits);
  raw_peer peer(server.port());
  peer.send(get);
  REQUIRE(eventually([&] { return server.connections() == 1; }));
  CHECK(eventually([&] { return server.connections() == 0; }));
}

TEST_CASE("a peer that reads slowly is served as long as it goes on") {
  http::server_limits limits;
  limits.write_timeout = milliseconds(500);
  constexpr std::size_t body_bytes = 12'000'000;
  live_server server(
      [](http::request) -> task<http::response> {
        http::response answer;
        answer.body.assign(body_bytes, 'b');
        co_return answer;
      },
      limits);
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket peer(io);
  peer.open(boost::asio::ip::tcp::v4());
  peer.set_option(boost::asio::socket_base::receive_buffer_size(64 * 1024));
  peer.connect({boost::asio::ip::address_v4::loopback(), server.port()});
  boost::asio::write(peer, boost::asio::buffer(std::string(get)));
  auto begun = std::chrono::steady_clock::now();
  std::size_t got = 0;
  std::vector<char> part(400'000);
  boost::system::error_code failed;
  while (!failed && got < body_bytes) {
    got += peer.read_some(boost::asio::buffer(part), failed);
    std::this_thread::sleep_for(milliseconds(20));
  }
  CHECK_FALSE(failed);
  CHECK(got >= body_bytes);
  CHECK(std::chrono::steady_clock::now() - begun > 2 * limits.write_timeout); // all of it took longer
}

TEST_CASE("a handler may take longer than every limit on the peer") {
  http::server_limits limits;
  limits.idle_timeout = limits.header_timeout = limits.body_timeout = limits.write_timeout = milliseconds(40);
  http::handler slow = [](http::request) -> task<http::response> {
    co_await suivi::runtime::sleep_for(milliseconds(400));
    co_return http::response{};
  };
  live_server server(slow, limits);
  raw_peer peer(server.port());
  peer.send(get);
  CHECK(peer.read().status == 200);
}

TEST_CASE("beyond the limit of connections the longest idle one goes for a new one") {
  std::atomic<int> calls = 0;
  http::server_limits limits;
  limits.max_connections = 2;
  live_server server(counting(calls), limits);
  raw_peer first(server.port());
  first.send(get);
  CHECK(first.read().status == 200);
  {
    raw_peer second(server.port());
    second.send(get);
    CHECK(second.read().status == 200);
    raw_peer third(server.port());
    third.send(get);
    CHECK(third.read().status == 200);
    CHECK(first.closed_by_server()); // it had waited longest
    second.send(get);
    CHECK(second.read().status == 200);
    CHECK(server.connections() == 2);
  }
  check_serves(server);
}

TEST_CASE("where every connection is at work peers wait until one ends") {
  http::server_limits limits;
  limits.max_connections = 1;
  std::atomic<bool> go_on = false;
  std::atomic<int> begun = 0;
  live_server server(
      [&](http::request) -> task<http::response> {
        ++begun;
        while (!go_on) co_await suivi::runtime::sleep_for(milliseconds(2));
        co_return http::response{};
      },
      limits);
  raw_peer first(server.port());
  first.send(get);
  REQUIRE(eventually([&] { return begun == 1; }));
  raw_peer second(server.port());
  second.send(get);
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(begun == 1);
  go_on = true;
  CHECK(first.read().status == 200);
  CHECK(second.read().status == 200);
}

TEST_CASE("running out of descriptors pauses accepting and does not end it") {
  std::atomic<int> calls = 0;
  live_server server(counting(calls));
  check_serves(server);
  REQUIRE(eventually([&] { return server.connections() == 0; }));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 64;
  setrlimit(RLIMIT_NOFILE, &few);
  std::vector<int> taken;
  for (int fd = 0; (fd = ::dup(0)) >= 0;) taken.push_back(fd);
  REQUIRE(taken.size() >= 2);
  ::close(taken.back());
  taken.pop_back();
  {
    raw_peer peer(server.port()); // takes the last descriptor; the kernel accepts, the server cannot
    peer.send(get);
    for (int i = 0; i < 50; ++i) CHECK(server.connections() == 0);
    for (int fd : taken) ::close(fd);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(peer.read().status == 200);
  }
  check_serves(server);
}
