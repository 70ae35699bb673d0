// When the memory of a burst is given back, by literal sequences.
#include "common/http/server/burst_tracker.hpp"

#include <doctest/doctest.h>
#include <list>
#include <vector>

using suivi::http::request_count;

namespace {

void burst(request_count& count, std::size_t requests) {
  std::list<request_count::one> present;
  for (std::size_t i = 0; i < requests; ++i) present.emplace_back(count);
}

} // namespace

TEST_CASE("after a burst memory is given back at once, then ever more seldom, then no more") {
  request_count count;
  CHECK_FALSE(count.should_give_back());
  burst(count, request_count::burst_requests);
  CHECK_FALSE(count.should_give_back()); // it was since the last look
  std::vector<int> at;
  for (int probe = 1; probe <= 300; ++probe)
    if (count.should_give_back()) at.push_back(probe);
  CHECK(at == std::vector<int>{1, 2, 4, 8, 16, 32, 64});
}

TEST_CASE("a burst that follows a burst is waited for") {
  request_count count;
  burst(count, 200);
  CHECK_FALSE(count.should_give_back());
  for (int i = 0; i < 3; ++i) {
    CHECK(count.should_give_back());
    burst(count, 200);
    CHECK_FALSE(count.should_give_back());
  }
}

TEST_CASE("fewer requests than a burst are never a burst, however often they come") {
  request_count count;
  for (int i = 0; i < 10; ++i) burst(count, request_count::burst_requests - 1);
  CHECK_FALSE(count.should_give_back());
  CHECK_FALSE(count.should_give_back());
}

TEST_CASE("a burst goes on while more than an eighth of its requests is under way between looks") {
  request_count count;
  burst(count, 800);
  CHECK_FALSE(count.should_give_back());
  burst(count, 101);
  CHECK_FALSE(count.should_give_back());
  burst(count, 100);
  CHECK(count.should_give_back());
}

TEST_CASE("requests that stay under way are seen by every look") {
  request_count count;
  {
    std::list<request_count::one> streams;
    for (std::size_t i = 0; i < 200; ++i) streams.emplace_back(count);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(count.should_give_back());
  }
  CHECK_FALSE(count.should_give_back());
  CHECK(count.should_give_back());
}
