// When one more single read may start: told by hand what the courier answered and when.
#include "receiver/services/read_gate.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

using steady_time = read_gate::steady_time;
const steady_time start{1h};

error problem(const char* code) {
  return transient(code, "");
}

void fail(read_gate& gate, const char* code, unsigned status, steady_time now,
          std::optional<milliseconds> retry_after = std::nullopt) {
  auto e = problem(code);
  gate.started(now);
  gate.ended(&e, status, retry_after, 0, now);
}

void answer(read_gate& gate, steady_time now) {
  gate.started(now);
  gate.ended(nullptr, 200, std::nullopt, 0, now);
}

} // namespace

TEST_CASE("no more reads are under way than allowed and the end of one lets the next start") {
  read_gate gate({.max_in_flight = 2});
  gate.started(start);
  CHECK(gate.opens_at(start) == start);
  gate.started(start);
  CHECK(gate.opens_at(start) == steady_time::max());
  gate.ended(nullptr, 200, std::nullopt, 0, start);
  CHECK(gate.opens_at(start) == start);
}

TEST_CASE("reads keep the distance that the ceiling per second asks for") {
  read_gate gate({.requests_per_second = 4});
  answer(gate, start);
  CHECK(gate.opens_at(start) == start + 250ms);
  answer(gate, start + 250ms);
  CHECK(gate.opens_at(start + 250ms) == start + 500ms);
  CHECK(gate.opens_at(start + 10s) == start + 10s); // unused turns are not saved up
}

TEST_CASE("Retry-After closes the whole account for as long as it says and one read alone comes first") {
  read_gate gate({});
  fail(gate, "maystro:throttled", 429, start, 90s);
  CHECK(gate.opens_at(start) == start + 90s);
  CHECK(gate.closed_for(start + 30s) == 60s);
  CHECK(gate.closed_by() == "maystro:throttled");
  gate.started(start + 90s);
  CHECK(gate.opens_at(start + 90s) == steady_time::max());
  gate.ended(nullptr, 200, std::nullopt, 0, start + 91s);
  gate.started(start + 91s);
  CHECK(gate.opens_at(start + 91s) == start + 91s);
}

TEST_CASE("a 503 with Retry-After is such a word too") {
  read_gate gate({});
  fail(gate, "maystro:server", 503, start, 20s);
  CHECK(gate.opens_at(start) == start + 20s);
}

TEST_CASE("throttling without a word gets growing pauses up to a minute") {
  read_gate gate({});
  auto now = start;
  milliseconds before{0};
  for (int i = 0; i < 10; ++i) {
    fail(gate, "maystro:throttled", 429, now);
    auto pause = gate.closed_for(now);
    CHECK(pause >= before);
    before = pause;
    now += pause;
  }
  CHECK(before == 1min);
}

TEST_CASE("a refused key is tried again after half a minute and then ever more rarely up to ten minutes") {
  read_gate gate({});
  fail(gate, "maystro:unauthorized", 401, start);
  CHECK(gate.closed_for(start) == 30s);
  auto now = start + 30s;
  for (int i = 0; i < 10; ++i) {
    fail(gate, "maystro:unauthorized", 403, now);
    now += gate.closed_for(now);
  }
  fail(gate, "maystro:unauthorized", 401, now);
  CHECK(gate.closed_for(now) == 10min);
  answer(gate, now + 10min);
  CHECK(gate.closed_for(now + 10min) == 0ms);
}

TEST_CASE("where three reads in a row got no answer one at a time looks again and an answer opens it") {
  read_gate gate({});
  fail(gate, "http:refused", 0, start);
  fail(gate, "http:timeout", 0, start);
  CHECK(gate.opens_at(start) == start);
  fail(gate, "maystro:server", 502, start);
  CHECK(gate.closed_for(start) == 1s);
  CHECK(gate.closed_by() == "maystro:server");
  fail(gate, "http:reset", 0, start + 1s);
  CHECK(gate.closed_for(start + 1s) == 2s);
  gate.started(start + 3s);
  CHECK(gate.opens_at(start + 3s) == steady_time::max());
  auto absent = problem("maystro:not_found");
  gate.ended(&absent, 404, std::nullopt, 0, start + 3s);
  CHECK(gate.opens_at(start + 3s) == start + 3s);
}

TEST_CASE("an answer that cannot be used and a database that is away close nothing") {
  read_gate gate({});
  for (int i = 0; i < 10; ++i) {
    fail(gate, "maystro:server", 500, start);
    fail(gate, "maystro:malformed", 200, start);
    fail(gate, "pg:lost", 200, start);
  }
  CHECK(gate.opens_at(start) == start);
}
