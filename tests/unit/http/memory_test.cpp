// What connections at rest hold, and what a burst leaves behind, of a server in this very process.
#include "tests/support/loopback.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <list>
#include <malloc.h>
#include <unistd.h>
#include <vector>

using namespace loopback;

// A sanitizer's allocator has figures of its own.
#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

namespace {

constexpr std::size_t kib = 1024;

std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t heap_bytes() {
  return ::mallinfo2().uordblks;
}

void answer_each(std::list<raw_peer>& peers) {
  auto text = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'b');
  for (auto& peer : peers) peer.send(text);
  for (auto& peer : peers) REQUIRE(peer.read().status == 200);
}

} // namespace

TEST_CASE("a connection between two requests holds less than 3 KiB") {
  constexpr std::size_t connections = 200;
  live_server server([](http::request) -> task<http::response> { co_return http::response{}; });
  std::list<raw_peer> peers;
  peers.emplace_back(server.port());
  answer_each(peers); // what is kept once and for all is there now
  auto before = heap_bytes();
  while (peers.size() <= connections) peers.emplace_back(server.port());
  for (int round = 0; round < 3; ++round) answer_each(peers);
  CHECK(eventually([&] { return heap_bytes() < before + connections * 3 * kib; }));
}

TEST_CASE("the memory that a burst took is given back once it is over, whatever outlives it") {
  constexpr std::size_t requests = 400;
  constexpr std::size_t each_bytes = 64 * kib;
  std::vector<std::unique_ptr<char[]>> outliving;
  std::vector<std::string> taken;
  std::size_t at_most = 0;
  live_server server([&](http::request) -> task<http::response> {
    outliving.push_back(std::make_unique<char[]>(200));
    taken.emplace_back(each_bytes, 't');
    if (taken.size() == requests) {
      at_most = resident_bytes();
      taken.clear();
    }
    // All are answered when all have come.
    while (!taken.empty()) co_await suivi::runtime::sleep_for(milliseconds(5));
    co_return http::response{};
  });
  std::list<raw_peer> peers;
  while (peers.size() < requests) peers.emplace_back(server.port());
  answer_each(peers);
  CHECK(eventually([&] { return resident_bytes() < at_most - requests * each_bytes / 2; }));
  CHECK(outliving.size() == requests);
}

#endif
