// What an answer means for pace and retries.
#include "reconciler/pace.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

namespace {
const error refused_key = permanent("maystro:unauthorized", "401");
const error throttled = transient("maystro:throttled", "429");
const error broken = transient("maystro:server", "502");
const error garbled = transient("maystro:malformed", "not JSON");
steady_time at(int ms) { return steady_time(milliseconds(ms)); }
} // namespace

TEST_CASE("backoff is a random time below a doubling limit") {
  CHECK(backoff(1, 0.0) == milliseconds(0));
  CHECK(backoff(1, 0.999).count() == 249);
  CHECK(backoff(2, 0.5) == milliseconds(250));
  CHECK(backoff(4, 0.5) == milliseconds(1'000));
  CHECK(backoff(100, 0.5) == backoff_most / 2);
}

TEST_CASE("a page is asked for at most six times") {
  CHECK(judge(&broken, std::nullopt, 5, 0, 0.5).what == next_step::again);
  CHECK(judge(&broken, std::nullopt, 6, 0, 0.5).what == next_step::give_up);
  CHECK(judge(&garbled, std::nullopt, 1, 0, 0.5).what == next_step::again);
}

TEST_CASE("a refused key stops the account at the first answer") {
  CHECK(judge(&refused_key, std::nullopt, 1, 0, 0.5).what == next_step::stop_account);
}

TEST_CASE("a 429 closes the gate for as long as the courier says and uses up no try") {
  judgement j = judge(&throttled, milliseconds(7'000), 6, 1, 0.0);
  CHECK(j.what == next_step::again_gated);
  CHECK(j.wait == milliseconds(7'000));
}

TEST_CASE("a 429 without Retry-After waits longer each time and never not at all") {
  CHECK(judge(&throttled, std::nullopt, 1, 1, 0.0).wait >= backoff_first);
  CHECK(judge(&throttled, std::nullopt, 1, 6, 0.9).wait > judge(&throttled, std::nullopt, 1, 1, 0.9).wait);
}

TEST_CASE("a 503 with Retry-After closes the gate and uses up a try") {
  CHECK(judge(&broken, milliseconds(1'000), 2, 0, 0.0).what == next_step::again_gated);
  CHECK(judge(&broken, milliseconds(1'000), 6, 0, 0.0).what == next_step::give_up);
}

TEST_CASE("a courier that wants hours of silence ends the sweep") {
  CHECK(judge(&throttled, milliseconds(6 * 3'600'000), 1, 1, 0.0).what == next_step::stop_account);
}

TEST_CASE("the gate opens at the later of Retry-After and the rate") {
  gate g(10); // every 100 ms
  CHECK(g.opens_at(at(1'000)) == at(1'000));
  g.started(at(1'000));
  CHECK(g.opens_at(at(1'000)) == at(1'100));
  g.close_until(at(5'000));
  g.close_until(at(3'000)); // an earlier one does not open it
  CHECK(g.opens_at(at(1'200)) == at(5'000));
  CHECK(g.opens_at(at(6'000)) == at(6'000));
}

TEST_CASE("without a rate only Retry-After holds requests back") {
  gate g(0);
  g.started(at(1));
  CHECK(g.opens_at(at(1)) == at(1));
}

TEST_CASE("throttling is measured until a good answer") {
  gate g(0);
  g.throttled(at(1'000));
  g.throttled(at(2'000));
  CHECK(g.throttled_for(at(4'000)) == milliseconds(3'000));
  g.answered_well();
  CHECK(g.throttled_for(at(5'000)) == milliseconds(0));
}
