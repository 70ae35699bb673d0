// What is to be done with an event once the door or the courier has spoken.
#include "receiver/event/disposition.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;
using shop::outcome;

namespace {

const instant noon = *parse_instant("2026-01-31T12:00:00Z");

shop::verdict said(outcome result) {
  shop::verdict v;
  v.outcome = result;
  v.order_id = "order-1";
  return v;
}

shop::verdict doubtful(instant not_before) {
  auto v = said(outcome::in_doubt);
  v.wanted = shop::wanted_read{"acc", "uuid-1", "REF-1", not_before};
  return v;
}

pending_event confirming(int attempts) {
  pending_event w;
  w.state = event_state::confirming;
  w.state_since = noon;
  w.attempts = attempts;
  return w;
}

} // namespace

TEST_CASE("what the door has settled is closed with its outcome and order") {
  for (auto result : {outcome::applied, outcome::unchanged, outcome::stale}) {
    auto next = after_verdict(pending_event{}, said(result), noon, 0);
    CHECK(next.action == disposition::kind::close);
    CHECK(next.outcome == shop::to_string(result));
    CHECK(next.order_id == "order-1");
    CHECK(next.error.empty());
  }
}

TEST_CASE("a conflict is closed with its reason") {
  auto v = said(outcome::conflict);
  v.why = "the order belongs to another account";
  auto next = after_verdict(pending_event{}, v, noon, 0);
  CHECK(next.outcome == "conflict");
  CHECK(next.error == v.why);
}

TEST_CASE("an event without an order is parked with growing pauses") {
  pending_event event;
  milliseconds before{0};
  for (int i = 0; i < 5; ++i) {
    auto next = after_verdict(event, said(outcome::unmatched), noon, 0);
    CHECK(next.action == disposition::kind::postpone);
    CHECK(next.state == event_state::parked);
    CHECK(next.delay > before);
    before = next.delay;
    event.state = next.state;
    event.attempts = next.attempts;
  }
}

TEST_CASE("a locked order is tried again shortly in memory and then through the database without counting as "
          "failure") {
  pending_event event;
  event.busy_tries = 0;
  CHECK(after_verdict(event, said(outcome::busy), noon, 0).delay == 20ms);
  event.busy_tries = 3;
  CHECK(after_verdict(event, said(outcome::busy), noon, 0).delay == 160ms);
  event.busy_tries = 6;
  auto next = after_verdict(event, said(outcome::busy), noon, 0);
  CHECK(next.action == disposition::kind::postpone);
  CHECK(next.state == event_state::pending);
}

TEST_CASE("an event that has waited for a lock before goes back to the database after one try with growing "
          "pauses") {
  pending_event event;
  event.attempts = 1;
  auto next = after_verdict(event, said(outcome::busy), noon, 0);
  CHECK(next.action == disposition::kind::postpone);
  CHECK(next.attempts == 2);
  CHECK(next.delay == 2s);
  event.attempts = 20;
  CHECK(wait_for_lock(event, 0).delay == 5s); // the lock may end at any moment
  CHECK(wait_for_lock(event, 0).error == "the order is locked");
}

TEST_CASE("an event that was parked before is tried in memory where its order is locked and counts anew") {
  pending_event event;
  event.state = event_state::parked;
  event.attempts = 9;
  CHECK(after_verdict(event, said(outcome::busy), noon, 0).action == disposition::kind::try_again);
  CHECK(wait_for_lock(event, 0).attempts == 1);
}

TEST_CASE("a locked order leaves a confirming event confirming") {
  auto event = confirming(3);
  event.busy_tries = 6;
  auto next = after_verdict(event, said(outcome::busy), noon, 0);
  CHECK(next.state == event_state::confirming);
  CHECK(next.attempts == 3);
}

TEST_CASE("doubt is read for at once and then not before the courier's lag has passed") {
  pending_event event;
  auto first = after_verdict(event, doubtful(noon + 10s), noon, 0);
  CHECK(first.action == disposition::kind::read_first);
  CHECK(first.wanted->uuid == "uuid-1");

  auto read_too_early = confirming(1);
  read_too_early.read_at = noon;
  auto second = after_verdict(read_too_early, doubtful(noon + 10s), noon + 1s, 0);
  CHECK(second.action == disposition::kind::postpone);
  CHECK(second.state == event_state::confirming);
  CHECK(second.delay == 9s);

  CHECK(after_verdict(read_too_early, doubtful(noon + 10s), noon + 10s, 0).action ==
        disposition::kind::read_first);
}

TEST_CASE("a read that came late enough and settled nothing is not repeated at once") {
  auto event = confirming(2);
  event.read_at = noon + 11s;
  auto next = after_verdict(event, doubtful(noon + 10s), noon + 12s, 0);
  CHECK(next.action == disposition::kind::postpone);
  CHECK(next.delay >= 1s);
}

TEST_CASE("what the read that an event caused has written the event is told to have applied") {
  auto event = confirming(1);
  event.read_at = noon;
  CHECK(after_verdict(event, said(outcome::unchanged), noon, 0).outcome == "unchanged");
  event.read_wrote = true;
  auto next = after_verdict(event, said(outcome::unchanged), noon, 0);
  CHECK(next.action == disposition::kind::close);
  CHECK(next.outcome == "applied");
  CHECK(next.order_id == "order-1");
  CHECK(after_verdict(event, said(outcome::stale), noon, 0).outcome == "stale"); // the courier said otherwise
}

TEST_CASE("what a read that came late enough does not prove is a conflict") {
  auto event = confirming(2);
  auto v = doubtful(noon + 10s);
  v.unproven = true;
  event.read_at = noon + 9s;
  CHECK(after_verdict(event, v, noon + 9s, 0).action == disposition::kind::postpone);
  event.read_at = noon + 10s;
  auto next = after_verdict(event, v, noon + 11s, 0);
  CHECK(next.action == disposition::kind::close);
  CHECK(next.outcome == "conflict");
  CHECK_FALSE(next.error.empty());
}

TEST_CASE("an event whose account nothing proves is parked without its reference and says so") {
  auto v = said(outcome::unmatched);
  CHECK_FALSE(after_verdict(pending_event{}, v, noon, 0).by_ids_only);
  v.unproven = true;
  auto next = after_verdict(pending_event{}, v, noon, 0);
  CHECK(next.state == event_state::parked);
  CHECK(next.by_ids_only);
  CHECK_FALSE(next.error.empty());
}

TEST_CASE("a read that may not be begun now waits as long as it must and tells why") {
  auto next = read_later(pending_event{}, 90s, "courier:throttled", 0);
  CHECK(next.action == disposition::kind::postpone);
  CHECK(next.state == event_state::confirming);
  CHECK(next.delay == 90s);
  CHECK(next.error == "courier:throttled");
  CHECK(read_later(confirming(4), 0ms, "full", 0).delay > read_later(confirming(1), 0ms, "full", 0).delay);
  CHECK(read_later(pending_event{}, 24h, "courier:throttled", 0).delay == 1h);
}

TEST_CASE("a parcel the courier does not know or cannot be asked about for want of a key is a conflict") {
  for (const char* code : {"courier:not_found", "courier:no_key"}) {
    auto next = after_failed_read(confirming(1), permanent(code, ""), std::nullopt, 0);
    CHECK(next.action == disposition::kind::close);
    CHECK(next.outcome == "conflict");
    CHECK_FALSE(next.error.empty());
  }
}

TEST_CASE("a courier that is away or asks for patience is asked again later") {
  auto next = after_failed_read(confirming(1), transient("http:timeout", ""), std::nullopt, 0);
  CHECK(next.action == disposition::kind::postpone);
  CHECK(next.state == event_state::confirming);
  CHECK(after_failed_read(confirming(1), transient("courier:throttled", ""), 90s, 0).delay == 90s);
}

TEST_CASE("the later time decides once the courier was away for ten minutes") {
  auto event = confirming(5);
  event.courier_away = true;
  CHECK_FALSE(waited_long_enough(event, noon + 9min));
  CHECK(waited_long_enough(event, noon + 10min));
  event.courier_away = false;
  CHECK_FALSE(waited_long_enough(event, noon + 10min));
}

TEST_CASE("an event that cannot be applied is failed and tried again with growing pauses") {
  pending_event event;
  auto first = after_failed_apply(event, permanent("sqlstate:22003", ""), 0);
  CHECK(first.state == event_state::failed);
  CHECK(first.error == "sqlstate:22003");
  event.state = event_state::failed;
  event.attempts = first.attempts;
  CHECK(after_failed_apply(event, permanent("sqlstate:22003", ""), 0).delay > first.delay);
}

TEST_CASE(
    "an event in doubt whose order the shop refuses fails, and is read for again with pauses that grow") {
  pending_event event;
  milliseconds before{0};
  for (int tries = 1; tries <= 8; ++tries) {
    auto read = after_verdict(event, doubtful(noon), noon + 1h, 0);
    CHECK(read.action == disposition::kind::read_first);
    CHECK(read.state == (tries == 1 ? event_state::confirming : event_state::failed)); // since when is kept
    event.state = read.state;
    event.attempts = read.attempts;
    auto next = after_failed_read(event, permanent("sqlstate:23514", "orders_check"), std::nullopt, 0);
    CHECK(next.action == disposition::kind::postpone);
    CHECK(next.state == event_state::failed);
    CHECK(next.error == "sqlstate:23514");
    CHECK(next.delay > before);
    before = next.delay;
    event.state = next.state;
    event.attempts = next.attempts;
  }
  CHECK(before > 1min);
  event.attempts = 60;
  CHECK(after_failed_read(event, permanent("sqlstate:23514", ""), std::nullopt, 0).delay == 10min);
  CHECK(after_failed_read(event, transient("http:timeout", ""), std::nullopt, 0).state ==
        event_state::confirming);
}

TEST_CASE("states have names that can be read back") {
  for (auto s : {event_state::pending, event_state::parked, event_state::confirming, event_state::failed})
    CHECK(event_state_from(to_string(s)) == s);
}
