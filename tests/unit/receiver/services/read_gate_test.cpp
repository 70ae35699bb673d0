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

// Another parcel each time, where none is named.
void fail(read_gate& gate, const char* code, unsigned status, steady_time now,
          std::optional<milliseconds> retry_after = std::nullopt, std::string request = "") {
  static int parcels = 0;
  if (request.empty()) request = "uuid " + std::to_string(++parcels);
  auto e = problem(code);
  gate.started(now);
  gate.ended(request, &e, status, retry_after, 0, now);
}

void answer(read_gate& gate, steady_time now) {
  gate.started(now);
  gate.ended("uuid sound", nullptr, 200, std::nullopt, 0, now);
}

void fail_again(read_gate& gate, const char* code, unsigned status, const char* request, steady_time now) {
  fail(gate, code, status, now, std::nullopt, request);
}

} // namespace

TEST_CASE("no more reads are under way than allowed and the end of one lets the next start") {
  read_gate gate({.max_in_flight = 2});
  gate.started(start);
  CHECK(gate.opens_at(start) == start);
  gate.started(start);
  CHECK(gate.opens_at(start) == steady_time::max());
  gate.ended("uuid sound", nullptr, 200, std::nullopt, 0, start);
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
  fail(gate, "courier:throttled", 429, start, 90s);
  CHECK(gate.opens_at(start) == start + 90s);
  CHECK(gate.closed_for(start + 30s) == 60s);
  CHECK(gate.closed_by() == "courier:throttled");
  gate.started(start + 90s);
  CHECK(gate.opens_at(start + 90s) == steady_time::max());
  gate.ended("uuid sound", nullptr, 200, std::nullopt, 0, start + 91s);
  gate.started(start + 91s);
  CHECK(gate.opens_at(start + 91s) == start + 91s);
}

TEST_CASE("a 503 with Retry-After is such a word too") {
  read_gate gate({});
  fail(gate, "courier:server", 503, start, 20s);
  CHECK(gate.opens_at(start) == start + 20s);
}

TEST_CASE("throttling without a word gets growing pauses up to a minute") {
  read_gate gate({});
  auto now = start;
  milliseconds before{0};
  for (int i = 0; i < 10; ++i) {
    fail(gate, "courier:throttled", 429, now);
    auto pause = gate.closed_for(now);
    CHECK(pause >= before);
    before = pause;
    now += pause;
  }
  CHECK(before == 1min);
}

TEST_CASE("a refused key is tried again after half a minute and then ever more rarely up to ten minutes") {
  read_gate gate({});
  fail(gate, "courier:unauthorized", 401, start);
  CHECK(gate.closed_for(start) == 30s);
  auto now = start + 30s;
  for (int i = 0; i < 10; ++i) {
    fail(gate, "courier:unauthorized", 403, now);
    now += gate.closed_for(now);
  }
  fail(gate, "courier:unauthorized", 401, now);
  CHECK(gate.closed_for(now) == 10min);
  answer(gate, now + 10min);
  CHECK(gate.closed_for(now + 10min) == 0ms);
}

TEST_CASE("where three reads in a row got no answer one at a time looks again and an answer opens it") {
  read_gate gate({});
  fail(gate, "http:refused", 0, start);
  fail(gate, "http:timeout", 0, start);
  CHECK(gate.opens_at(start) == start);
  fail(gate, "courier:server", 502, start);
  CHECK(gate.closed_for(start) == 1s);
  CHECK(gate.closed_by() == "courier:server");
  fail(gate, "http:reset", 0, start + 1s);
  CHECK(gate.closed_for(start + 1s) == 2s);
  gate.started(start + 3s);
  CHECK(gate.opens_at(start + 3s) == steady_time::max());
  auto absent = problem("courier:not_found");
  gate.ended("uuid absent", &absent, 404, std::nullopt, 0, start + 3s);
  CHECK(gate.opens_at(start + 3s) == start + 3s);
}

TEST_CASE("an answer that cannot be used and a database that is away close nothing") {
  read_gate gate({});
  for (int i = 0; i < 10; ++i) {
    fail(gate, "courier:server", 500, start);
    fail(gate, "courier:malformed", 200, start);
    fail(gate, "pg:lost", 200, start);
  }
  CHECK(gate.opens_at(start) == start);
}

TEST_CASE("a parcel that is always answered 403 holds up no other's read however often it comes") {
  read_gate gate({});
  SUBCASE("after others were read") {
    answer(gate, start);
  }
  SUBCASE("before any other was read") {}
  for (int i = 0; i < 50; ++i) {
    fail_again(gate, "courier:unauthorized", 403, "uuid forbidden", start);
    CHECK(gate.opens_at(start) == start);
    gate.started(start);
    CHECK(gate.opens_at(start) == start); // more than one at a time
    gate.ended("uuid other", nullptr, 200, std::nullopt, 0, start);
  }
  for (int i = 0; i < 50; ++i) fail_again(gate, "courier:unauthorized", 403, "uuid forbidden", start);
  CHECK(gate.closed_for(start) == 0ms);
}

TEST_CASE("five different parcels refused in a row are the key's and a good answer between them is not") {
  read_gate gate({});
  for (int i = 0; i < 4; ++i) fail(gate, "courier:unauthorized", 403, start);
  answer(gate, start);
  for (int i = 0; i < 4; ++i) fail(gate, "courier:unauthorized", 403, start);
  CHECK(gate.closed_for(start) == 0ms);
  fail(gate, "courier:unauthorized", 403, start);
  CHECK(gate.closed_for(start) == 30s);
  CHECK(gate.closed_by() == "courier:unauthorized");
}

TEST_CASE("five parcels that are always refused keep the next one from its turn for half a minute at most") {
  read_gate gate({});
  const char* forbidden[] = {"uuid 1f", "uuid 2f", "uuid 3f", "uuid 4f", "uuid 5f"};
  for (const char* each : forbidden) fail_again(gate, "courier:unauthorized", 403, each, start);
  CHECK(gate.closed_for(start) == 30s);
  auto later = start + 30s;
  for (const char* each : forbidden) fail_again(gate, "courier:unauthorized", 403, each, later);
  CHECK(gate.opens_at(later) == later);
  answer(gate, later);
  gate.started(later);
  CHECK(gate.opens_at(later) == later);
}

TEST_CASE("a parcel that is never answered in time is no courier that is away") {
  read_gate gate({});
  for (int i = 0; i < 50; ++i) fail_again(gate, "http:timeout", 0, "uuid slow", start);
  for (int i = 0; i < 50; ++i) fail_again(gate, "courier:server", 504, "uuid slow", start);
  CHECK(gate.closed_for(start) == 0ms);
  fail(gate, "http:timeout", 0, start);
  CHECK(gate.closed_for(start) == 0ms);
  fail(gate, "http:timeout", 0, start);
  CHECK(gate.closed_for(start) == 1s);
  fail_again(gate, "http:timeout", 0, "uuid slow", start + 1s); // nobody is there for it either
  CHECK(gate.closed_for(start + 1s) == 2s);
}
