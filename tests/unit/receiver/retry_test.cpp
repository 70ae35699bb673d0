// When to try again, and how a failed batch is taken apart.
#include "receiver/retry.hpp"

#include <doctest/doctest.h>
#include <set>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

TEST_CASE("a pause doubles with every try up to its limit") {
  CHECK(backoff(0, 20ms, 1s, 0) == 20ms);
  CHECK(backoff(3, 20ms, 1s, 0) == 160ms);
  CHECK(backoff(1'000'000, 20ms, 1s, 0) == 1s);
}

TEST_CASE("chance takes at most half of a pause away") {
  CHECK(backoff(0, 100ms, 1s, 0.5) == 75ms);
  CHECK(backoff(0, 100ms, 1s, 0.999) >= 50ms);
}

TEST_CASE("halving reaches every row alone and loses none") {
  std::vector<range> todo{{0, 7}};
  std::set<std::size_t> alone;
  while (!todo.empty()) {
    auto r = todo.back();
    todo.pop_back();
    if (r.size() == 1) {
      alone.insert(r.begin);
      continue;
    }
    auto [front, back] = halve(r);
    CHECK(front.end == back.begin);
    CHECK(front.size() >= back.size());
    CHECK(back.size() > 0);
    todo.push_back(front);
    todo.push_back(back);
  }
  CHECK(alone.size() == 7);
}

TEST_CASE("a batch is sent again after a lost connection or a lost commit") {
  CHECK(after_failure(transient("pg:lost", ""), 9) == remedy::again);
  CHECK(after_failure(in_doubt("pg:lost", ""), 9) == remedy::again);
}

TEST_CASE("a batch is split where a row may be the cause and the last one is isolated") {
  CHECK(after_failure(permanent("sqlstate:22P05", ""), 9) == remedy::split);
  CHECK(after_failure(permanent("sqlstate:54000", ""), 2) == remedy::split);
  CHECK(after_failure(permanent("sqlstate:22P05", ""), 1) == remedy::isolate);
}

TEST_CASE("a batch is given up where no row is the cause") {
  CHECK(after_failure(permanent("sqlstate:42P01", ""), 9) == remedy::give_up);
  CHECK(after_failure(permanent("sqlstate:42501", ""), 1) == remedy::give_up);
  CHECK(schema_is_missing(permanent("sqlstate:42883", "")));
  CHECK_FALSE(schema_is_missing(permanent("sqlstate:22P05", "")));
}
