// What an answer means for pace and retries.
#include "reconciler/pace/pace.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace suivi;
using namespace suivi::reconciler;

namespace {
const error refused_key = permanent("courier:unauthorized", "401");
const error throttled = transient("courier:throttled", "429");
const error broken = transient("courier:server", "502");
const error garbled = transient("courier:malformed", "not JSON");
steady_time at(int ms) {
  return steady_time(milliseconds(ms));
}
} // namespace

TEST_CASE("backoff is a random time below a doubling limit") {
  CHECK(backoff(1, 0.0) == milliseconds(0));
  CHECK(backoff(1, 0.999).count() == 249);
  CHECK(backoff(2, 0.5) == milliseconds(250));
  CHECK(backoff(4, 0.5) == milliseconds(1'000));
  CHECK(backoff(100, 0.5) == backoff_max / 2);
}

TEST_CASE("a page is asked for at most six times") {
  CHECK(judge(&broken, std::nullopt, 5, 0, 0.5).step == next_step::again);
  CHECK(judge(&broken, std::nullopt, 6, 0, 0.5).step == next_step::give_up);
  CHECK(judge(&garbled, std::nullopt, 1, 0, 0.5).step == next_step::again);
}

TEST_CASE("a refused key stops the account at the first answer") {
  CHECK(judge(&refused_key, std::nullopt, 1, 0, 0.5).step == next_step::stop_account);
}

TEST_CASE("a 403 is the page's while others are read with the same key, and the key's where none is") {
  refusals of_account;
  CHECK(of_account.is_of_key(403, true));
  of_account.accepted();
  CHECK(of_account.is_of_key(401, true));
  of_account.accepted();
  for (int tries = 0; tries < 20; ++tries) CHECK_FALSE(of_account.is_of_key(403, tries == 0));
  for (int requests = 2; requests < refusals::requests_max; ++requests)
    CHECK_FALSE(of_account.is_of_key(403, true));
  CHECK(of_account.is_of_key(403, true)); // withdrawn meanwhile
  of_account.accepted();
  CHECK_FALSE(of_account.is_of_key(403, true));
}

TEST_CASE("a 429 closes the gate for as long as the courier says and uses up no try") {
  judgment j = judge(&throttled, milliseconds(7'000), 6, 1, 0.0);
  CHECK(j.step == next_step::again_gated);
  CHECK(j.wait == milliseconds(7'000));
}

TEST_CASE("a 429 without Retry-After waits longer each time and never not at all") {
  CHECK(judge(&throttled, std::nullopt, 1, 1, 0.0).wait >= backoff_first);
  CHECK(judge(&throttled, std::nullopt, 1, 6, 0.9).wait > judge(&throttled, std::nullopt, 1, 1, 0.9).wait);
}

TEST_CASE("a Retry-After of nothing is no leave to ask again at once") {
  CHECK(judge(&throttled, milliseconds(0), 1, 1, 0.0).wait >= backoff_first);
  CHECK(judge(&throttled, milliseconds(0), 1, 6, 0.9).wait > milliseconds(4'000));
  CHECK(judge(&throttled, milliseconds(60'000), 1, 1, 0.0).wait == milliseconds(60'000));
}

TEST_CASE("a 503 with Retry-After closes the gate and uses up a try") {
  CHECK(judge(&broken, milliseconds(1'000), 2, 0, 0.0).step == next_step::again_gated);
  CHECK(judge(&broken, milliseconds(1'000), 6, 0, 0.0).step == next_step::give_up);
}

TEST_CASE("a courier that wants hours of silence ends the sweep") {
  CHECK(judge(&throttled, milliseconds(6 * 3'600'000), 1, 1, 0.0).step == next_step::stop_account);
}

TEST_CASE("an answer says something of its request, of the account, or of whether anybody is there") {
  const auto of = [](const char* code, unsigned status) {
    error e = transient(code, "");
    return classify(&e, status, std::nullopt);
  };
  CHECK(classify(nullptr, 200, std::nullopt) == answer_kind::good);
  CHECK(of("courier:not_found", 404) == answer_kind::good);
  CHECK(of("courier:unfiltered", 200) == answer_kind::good);
  CHECK(of("courier:unauthorized", 403) == answer_kind::refused_key);
  CHECK(of("courier:throttled", 429) == answer_kind::throttled);
  CHECK(classify(&broken, 503, milliseconds(1'000)) == answer_kind::busy);
  for (unsigned gateway : {502u, 503u, 504u})
    CHECK(of("courier:server", gateway) == answer_kind::unreachable);
  for (const char* nobody : {"http:resolve", "http:refused", "http:reset", "http:timeout"})
    CHECK(of(nobody, 0) == answer_kind::unreachable);
  CHECK(of("courier:server", 500) == answer_kind::faulty);
  CHECK(of("courier:malformed", 200) == answer_kind::faulty);
  CHECK(of("courier:refused", 302) == answer_kind::faulty);
}

namespace {

// A line of requests, moved on by hand.
struct account_line {
  pace p;
  explicit account_line(pace_limits limits) : p(limits) {}
  pace::ticket page() { return p.stand_in_line(pace::priority::page, pace::budget_charge::first); }
  pace::ticket again() { return p.stand_in_line(pace::priority::repetition, pace::budget_charge::repeated); }
  pace::ticket single() { return p.stand_in_line(pace::priority::single_read, pace::budget_charge::first); }
  void end(pace::ticket t, answer_kind how, int ms, milliseconds wait = milliseconds(0)) {
    p.ended(t, how, wait, 0.0, at(ms));
  }
  std::vector<pace::ticket> admitted(int ms) {
    std::vector<pace::ticket> all;
    while (auto t = p.admit(at(ms))) all.push_back(*t);
    return all;
  }
};
using tickets = std::vector<pace::ticket>;

} // namespace

TEST_CASE("single reads go before pages, and pages not asked for yet before those that failed") {
  account_line line({1, 0});
  auto failed = line.again();
  auto page = line.page();
  auto single = line.single();
  CHECK(line.admitted(0) == tickets{single});
  line.end(single, answer_kind::good, 10);
  CHECK(line.admitted(10) == tickets{page});
  line.end(page, answer_kind::good, 20);
  CHECK(line.admitted(20) == tickets{failed});
}

TEST_CASE("requests in flight begin at two and grow by one a round trip up to the ceiling") {
  account_line line({4, 0});
  for (int i = 0; i < 40; ++i) line.page();
  tickets flying = line.admitted(0);
  CHECK(flying.size() == 2);
  std::size_t highest = 0;
  for (int trip = 1; trip <= 8; ++trip) {
    for (auto t : flying) line.end(t, answer_kind::good, trip * 100);
    flying = line.admitted(trip * 100);
    CHECK(flying.size() <= highest + (trip == 1 ? 3 : 1));
    highest = flying.size();
  }
  CHECK(highest == 4);
}

TEST_CASE("throttled requests that were under way together halve the window once") {
  account_line line({8, 0});
  for (int i = 0; i < 80; ++i) line.page();
  tickets flying;
  for (int trip = 0; trip < 12; ++trip) {
    for (auto t : flying) line.end(t, answer_kind::good, trip * 100);
    flying = line.admitted(trip * 100);
  }
  REQUIRE(line.p.window_size() == 8);
  for (auto t : flying) line.end(t, answer_kind::throttled, 1'200, milliseconds(500));
  CHECK(line.p.window_size() == 4);
  CHECK(line.admitted(1'699).empty());
  CHECK(line.p.recheck_at(at(1'300)) == at(1'700));
  CHECK(line.admitted(1'700).size() == 4);
}

TEST_CASE("a wrong answer neither halves the window nor lets it grow") {
  account_line line({8, 0});
  auto a = line.page();
  line.admitted(0);
  line.end(a, answer_kind::faulty, 10);
  CHECK(line.p.window_size() == 2);
}

TEST_CASE(
    "after eight requests that nobody answered one probe goes alone, and its answer lets the others go") {
  account_line line({10, 0});
  int ms = 0;
  for (int i = 0; i < 8; ++i) {
    auto t = line.page();
    CHECK(line.admitted(ms) == tickets{t});
    line.end(t, answer_kind::unreachable, ++ms);
  }
  auto probe = line.page(), other = line.page(), third = line.page();
  CHECK(line.admitted(ms).empty());
  CHECK(line.p.breaker_is(at(ms)) == breaker::state::open);
  CHECK(line.p.recheck_at(at(ms)) == at(ms + 500));
  CHECK(line.admitted(ms + 500) == tickets{probe});
  CHECK(line.p.recheck_at(at(ms + 500)) == steady_time::max());
  line.end(probe, answer_kind::unreachable, ms + 550);
  CHECK(line.admitted(ms + 550).empty());
  CHECK(line.p.recheck_at(at(ms + 550)) == at(ms + 1'550)); // twice as long
  CHECK(line.admitted(ms + 1'550) == tickets{other});
  line.end(other, answer_kind::faulty, ms + 1'650); // an error's answer is an answer
  CHECK(line.p.breaker_is(at(ms + 1'650)) == breaker::state::closed);
  CHECK(line.admitted(ms + 1'650) == tickets{third});
}

TEST_CASE("a probe goes alone however wide the window is") {
  account_line line({10, 0});
  for (int i = 0; i < 200; ++i) line.page();
  tickets flying;
  for (int trip = 0; trip < 14; ++trip) {
    for (auto t : flying) line.end(t, answer_kind::good, trip * 100);
    flying = line.admitted(trip * 100);
  }
  REQUIRE(flying.size() == 10);
  for (auto t : flying) line.end(t, answer_kind::unreachable, 1'400);
  REQUIRE(line.p.window_size() == 5);
  CHECK(line.admitted(1'899).empty());
  CHECK(line.admitted(1'900).size() == 1);
  CHECK(line.admitted(60'000).empty());
}

TEST_CASE("a probe that is canceled leaves its turn to the next") {
  account_line line({10, 0});
  for (int i = 0; i < 8; ++i) {
    auto t = line.page();
    line.admitted(i);
    line.end(t, answer_kind::unreachable, i);
  }
  auto probe = line.page(), other = line.page();
  CHECK(line.admitted(1'000) == tickets{probe});
  line.p.left(probe);
  CHECK(line.admitted(1'000) == tickets{other});
}

TEST_CASE("429 answers are nothing to the breaker and cost no repetition") {
  account_line line({1, 0});
  for (int i = 0; i < 200; ++i) {
    auto t = line.p.stand_in_line(pace::priority::page,
                                  i == 0 ? pace::budget_charge::first : pace::budget_charge::none);
    CHECK(line.admitted(i * 10) == tickets{t});
    line.end(t, answer_kind::throttled, i * 10 + 1, milliseconds(5));
  }
  CHECK(line.p.breaker_is(at(10'000)) == breaker::state::closed);
  auto repeated = line.again();
  CHECK(line.admitted(10'000) == tickets{repeated});
}

TEST_CASE("repetitions beyond the stock come at a trickle while first requests go on") {
  account_line line({1, 0});
  for (int i = 0; i < 30; ++i) {
    auto t = line.again();
    CHECK(line.admitted(0) == tickets{t});
    line.end(t, answer_kind::faulty, 0);
  }
  auto late = line.again();
  CHECK(line.admitted(0).empty());
  auto page = line.page();
  CHECK(line.admitted(0) == tickets{page});
  line.end(page, answer_kind::good, 0);
  CHECK(line.admitted(399).empty()); // that page gave a fifth, the trickle gives the rest
  CHECK(line.admitted(400) == tickets{late});
}

TEST_CASE(
    "an account where nobody ever answered is give_up_reason after eight requests and fifteen seconds") {
  account_line line({1, 0});
  for (int request = 1; request <= 9; ++request) {
    auto t = line.page();
    line.admitted(request * 2'000);
    line.end(t, answer_kind::unreachable, request * 2'000);
    CHECK(line.p.give_up_reason(at(request * 2'000)).empty() == (request < 9));
  }
}

TEST_CASE("an account is give_up_reason after fifteen minutes of throttling or two of silence") {
  account_line busy({1, 0});
  account_line silent({1, 0});
  for (int minute = 0; minute <= 16; ++minute) {
    auto t = busy.page();
    busy.admitted(minute * 60'000);
    busy.end(t, answer_kind::throttled, minute * 60'000);
    CHECK(busy.p.give_up_reason(at(minute * 60'000)).empty() == (minute <= 15));
  }
  auto first = silent.page();
  silent.admitted(0);
  silent.end(first, answer_kind::good, 0);
  for (int half = 0; half <= 5; ++half) {
    auto t = silent.page();
    silent.admitted(half * 30'000);
    silent.end(t, answer_kind::unreachable, half * 30'000);
    CHECK(silent.p.give_up_reason(at(half * 30'000)).empty() == (half <= 4));
  }
}

TEST_CASE("the gate opens at the later of Retry-After and the rate") {
  gate g(10); // every 100 ms
  CHECK(g.opens_at(at(1'000)) == at(1'000));
  g.started(at(1'000));
  CHECK(g.opens_at(at(1'000)) == at(1'100));
  g.close_until(at(5'000), at(1'000));
  g.close_until(at(3'000), at(1'000)); // an earlier one does not open it
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
