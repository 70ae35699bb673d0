// Whoever reads standard error, or does not, whoever logs goes on.
#include "common/log/writer.hpp"

#include <doctest/doctest.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace suivi;
using namespace std::chrono_literals;

namespace {

struct ends {
  ends() { REQUIRE(::pipe(both) == 0); }
  ~ends() {
    for (int each : both)
      if (each >= 0) ::close(each);
  }
  void close_reader() {
    ::close(both[0]);
    both[0] = -1;
  }
  int both[2]{};
};

std::string lost_line(std::uint64_t lines) {
  return "lost " + std::to_string(lines);
}

std::string read_until(int descriptor, const std::string& wanted) {
  std::string all;
  char part[4096];
  while (all.find(wanted) == std::string::npos) {
    ssize_t n = ::read(descriptor, part, sizeof part);
    if (n <= 0) break;
    all.append(part, static_cast<std::size_t>(n));
  }
  return all;
}

} // namespace

TEST_CASE("a pipe that nobody reads holds up nobody, and what was lost is told once it is read again") {
  ends pipe;
  log::writer to(pipe.both[1], {.lines_max = 100, .bytes_max = 1 << 20}, lost_line);
  auto begun = std::chrono::steady_clock::now();
  for (int n = 0; n < 50'000; ++n) to.put("line " + std::to_string(n));
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  CHECK(to.lost() > 0);
  std::string all = read_until(pipe.both[0], "line 49999\n");
  to.flush(10s);
  CHECK(all.find("line 49999\n") != std::string::npos); // the oldest go, not the newest
  CHECK(all.find("lost ") != std::string::npos);
  CHECK(to.lost() < 50'000);
}

TEST_CASE("a pipe whose reader has gone costs the lines and nothing else") {
  ends pipe;
  pipe.close_reader();
  log::writer to(pipe.both[1], {}, lost_line);
  for (int n = 0; n < 10; ++n) to.put("line");
  to.flush(10s);
  CHECK(to.lost() == 10);
}

TEST_CASE("a descriptor that is closed costs the lines and nothing else") {
  log::writer to(999, {}, lost_line);
  to.put("line");
  to.flush(10s);
  CHECK(to.lost() == 1);
}

TEST_CASE("lines of several threads come whole") {
  ends pipe;
  {
    log::writer to(pipe.both[1], {}, lost_line);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n) to.put(std::string(20, 'x'));
      });
    for (auto& each : threads) each.join();
    to.put("end");
    to.flush(10s);
  }
  std::string all = read_until(pipe.both[0], "end\n");
  CHECK(all.size() == 400 * 21 + 4);
}
