// The soak must object to what it is there to see.
#include "tests/soak/series.hpp"

#include <doctest/doctest.h>

using namespace suivi::soak;

namespace {

// A minute in which nothing grows.
std::vector<sample> flat() {
  std::vector<sample> all;
  for (int i = 0; i < 60; ++i) {
    sample s;
    s.at_seconds = i;
    s.p99_ms = 5 + i % 3;
    s.receiver_megabytes = 20;
    s.reconciler_megabytes = 30;
    s.tables["suivi.pending"] = {.dead_rows = 500.0 + i % 7, .megabytes = 1, .changed_rows = 100.0 * i};
    all.push_back(s);
  }
  return all;
}

} // namespace

TEST_CASE("a quantile is a value that was there") {
  CHECK(quantile({}, 0.99) == 0);
  CHECK(quantile({7}, 0.99) == 7);
  CHECK(quantile({3, 1, 2, 4}, 0.5) == 2);
  CHECK(quantile({3, 1, 2, 4}, 0.99) == 4);
}

TEST_CASE("nothing is said of flat series, and of too few samples that they are too few") {
  CHECK(objections(flat(), 10).empty());
  CHECK(objections({}, 10).size() == 1);
}

TEST_CASE("growing memory, growing latency and dead rows beyond their bound are named") {
  auto grown = flat();
  for (std::size_t i = 0; i < grown.size(); ++i) {
    grown[i].receiver_megabytes += static_cast<double>(i);
    if (i > 40) grown[i].p99_ms += 500;
  }
  grown[30].tables["suivi.pending"].dead_rows = 8'000; // 1.5 * 100/s * (10 + 15) s + 2000 = 5750
  auto said = objections(grown, 10);
  REQUIRE(said.size() == 3);
  CHECK(said[0].find("the receiver's memory") == 0);
  CHECK(said[1].find("p99") == 0);
  CHECK(said[2].find("suivi.pending had 8000 dead rows, more than 5750") == 0);
  CHECK(objections(grown, 40).size() == 2);
}

TEST_CASE("many rows deleted at once may all be dead for a while, and not more than that") {
  auto burst = flat();
  for (std::size_t i = 20; i < burst.size(); ++i) burst[i].tables["suivi.pending"].changed_rows += 20'000;
  burst[25].tables["suivi.pending"].dead_rows = 20'000;
  CHECK(objections(burst, 10).empty());
  for (auto& s : burst) s.tables["suivi.pending"].dead_rows += 20'000;
  CHECK(objections(burst, 10).size() == 1);
}

TEST_CASE("what happens while everything warms up is not held against it") {
  auto warm = flat();
  for (std::size_t i = 0; i < 10; ++i) warm[i].receiver_megabytes = 5;
  CHECK(objections(warm, 10).empty());
}
