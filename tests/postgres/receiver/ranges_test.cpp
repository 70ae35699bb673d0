// Ranges against a real database: who holds what was stored together, and what becomes of it, whatever goes
// wrong.
#include "common/maystro/envelope.hpp"
#include "receiver/inbox/ingest.hpp"
#include "receiver/inbox/ranges.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

webhook order(int n) {
  std::string text = std::to_string(n);
  webhook a;
  a.received_at = suivi::now();
  a.raw =
      R"({"event":"x","payload":{"id":"u)" + text + R"(","status":31,"external_order_id":"R)" + text + "\"}}";
  a.event = maystro::decode(a.raw);
  a.key = choose_key(a.raw, a.event);
  return a;
}

webhook nonsense() {
  webhook a;
  a.received_at = suivi::now();
  a.raw = "not json";
  a.event = maystro::decode(a.raw);
  a.key = choose_key(a.raw, a.event);
  return a;
}

struct stored_range {
  event_range range;
  std::vector<pending_event> events;
};

// All of them are new and to be applied.
stored_range store(const test::database& db, std::vector<webhook> rows, std::string owner = "me") {
  return test::run([&]() -> task<stored_range> {
    auto connection = co_await test::connected(db.options());
    std::span<const webhook> all(rows);
    auto kept = co_await ingest_as_range(connection, all, owner);
    REQUIRE(kept);
    stored_range s;
    s.range = {kept->front().id, kept->front().stored_on, rows.size()};
    for (std::size_t i = 0; i < rows.size(); ++i) s.events.push_back(to_work(rows[i], (*kept)[i].id));
    co_return s;
  });
}

disposition closed(std::string outcome) {
  disposition next;
  next.outcome = std::move(outcome);
  next.order_id = "order-1";
  return next;
}

result<void> settle_as(const test::database& db, std::string owner, std::vector<event_range> ranges,
                       std::vector<settled> ends) {
  return test::run([&]() -> task<result<void>> {
    auto connection = co_await test::connected(db.options());
    pg::pipeline steps;
    add_settled_ranges(steps, owner, ranges, ends);
    auto done = co_await connection.run(std::move(steps));
    if (!done) co_return done.error();
    co_return result<void>();
  });
}

std::vector<settled> all_closed(const stored_range& s, const std::string& outcome = "applied") {
  std::vector<settled> ends;
  for (const pending_event& each : s.events) ends.push_back({&each, closed(outcome)});
  return ends;
}

std::vector<pending_event> claim_all(const test::database& db, std::string owner) {
  return test::run([&]() -> task<std::vector<pending_event>> {
    auto connection = co_await test::connected(db.options());
    auto taken = co_await claim(connection, owner, 100);
    REQUIRE(taken);
    co_return *taken;
  });
}

std::vector<claimed_range> claim_backlog(const test::database& db, std::string owner,
                                         std::size_t events_max) {
  return test::run([&]() -> task<std::vector<claimed_range>> {
    auto connection = co_await test::connected(db.options());
    auto taken = co_await claim_ranges(connection, owner, events_max);
    REQUIRE(taken);
    co_return *taken;
  });
}

void expire(const test::database& db) {
  db.execute("update suivi.pending_range set due_at = now() - interval '1 second'");
}

constexpr const char* state_of_all = "select (select count(*) from suivi.pending_range) || ' ' || (select "
                                     "count(*) from suivi.pending) || ' ' ||"
                                     " (select count(*) from suivi.event_outcome)";

} // namespace

TEST_CASE("what is stored together waits as one row in its receiver's hands") {
  test::database db;
  stored_range s = store(db, {order(1), order(2), order(3)});
  CHECK(db.value(state_of_all) == "1 0 0");
  CHECK(
      db.value(
          "select owner || ' ' || cardinality(ids) || ' ' || (first_id = ids[1]) from suivi.pending_range") ==
      "me 3 true");
  CHECK(db.number("select count(*) from suivi.waiting_event w join suivi.inbox i on i.id = w.event_id"
                  " and i.stored_on = w.stored_on where w.state = 'pending'") == 3);
  queue_lengths lengths = test::run([&]() -> task<queue_lengths> {
    auto connection = co_await test::connected(db.options());
    auto counted = co_await count_pending(connection);
    REQUIRE(counted);
    co_return *counted;
  });
  CHECK(lengths.pending == 3);
  CHECK(claim_all(db, "another").empty());
  CHECK(claim_all(db, "me").empty());
}

TEST_CASE("a range holds what is new and to be applied and there is none without that") {
  test::database db;
  store(db, {order(1)});
  std::vector<webhook> rows{order(1), nonsense(), order(2), order(2)};
  auto store_all = [&]() -> task<std::vector<receipt>> {
    auto connection = co_await test::connected(db.options());
    std::span<const webhook> all(rows);
    auto kept = co_await ingest_as_range(connection, all, "you");
    REQUIRE(kept);
    co_return *kept;
  };
  std::vector<receipt> kept = test::run(store_all);
  CHECK(kept[0].repeated);
  CHECK_FALSE(kept[1].repeated);
  CHECK_FALSE(kept[2].repeated);
  CHECK(kept[3].repeated);
  CHECK(kept[3].id == kept[2].id);
  CHECK(db.value("select ids::text from suivi.pending_range where owner = 'you'") ==
        "{" + std::to_string(kept[2].id) + "}");
  CHECK(db.value("select outcome from suivi.inbox where id = " + std::to_string(kept[1].id)) ==
        "quarantined");
  test::run(store_all);
  CHECK(db.number("select count(*) from suivi.pending_range") == 2);
  CHECK(db.number("select count(*) from suivi.inbox") == 3);
}

TEST_CASE("ranges that are settled together are gone with their outcomes noted, and once only") {
  test::database db;
  stored_range one = store(db, {order(1), order(2)});
  stored_range two = store(db, {order(3)});
  std::vector<settled> ends = all_closed(one);
  for (const settled& each : all_closed(two, "unchanged")) ends.push_back(each);
  REQUIRE(settle_as(db, "me", {one.range, two.range}, ends));
  CHECK(db.value(state_of_all) == "0 0 3");
  CHECK(
      db.value(
          "select string_agg(outcome || ' ' || order_id, ', ' order by event_id) from suivi.event_outcome") ==
      "applied order-1, applied order-1, unchanged order-1");
  // As after a COMMIT whose answer was lost.
  auto again = settle_as(db, "me", {one.range, two.range}, ends);
  REQUIRE_FALSE(again);
  CHECK(lease_is_lost(again.error()));
  CHECK(db.value(state_of_all) == "0 0 3");
}

TEST_CASE("of a settled range what is not closed has a row of its own") {
  test::database db;
  stored_range s = store(db, {order(1), order(2), order(3), order(4)});
  disposition parked;
  parked.action = disposition::kind::postpone;
  parked.state = event_state::parked;
  parked.attempts = 1;
  parked.delay = 10min;
  disposition locked;
  locked.action = disposition::kind::try_again;
  locked.delay = 20ms;
  disposition read;
  read.action = disposition::kind::read_first;
  read.state = event_state::confirming;
  read.attempts = 1;
  REQUIRE(settle_as(db, "me", {s.range},
                    {{&s.events[0], closed("applied")},
                     {&s.events[1], parked},
                     {&s.events[2], locked},
                     {&s.events[3], read}}));
  CHECK(db.value(state_of_all) == "0 3 1");
  CHECK(
      db.value(
          "select string_agg(concat_ws(' ', state, owner, attempts, uuid, reference), ', ' order by event_id)"
          " from suivi.pending") == "parked 1 u2 R2, pending me 0, confirming me 1");
  CHECK(db.number("select count(*) from suivi.pending where due_at > now() + interval '9 minutes'") == 1);
  CHECK(db.number("select count(*) from suivi.pending where due_at > now() + interval '30 seconds'") == 2);
}

TEST_CASE("a range is settled as a whole or not at all") {
  test::database db;
  stored_range s = store(db, {order(1), order(2)});
  event_range half = s.range;
  half.events = 1;
  auto done = settle_as(db, "me", {half}, {{&s.events[0], closed("applied")}});
  REQUIRE_FALSE(done);
  CHECK_FALSE(lease_is_lost(done.error()));
  CHECK(db.value(state_of_all) == "1 0 0");
}

TEST_CASE("a lapsed range is opened by whoever claims and its former holder can settle nothing") {
  test::database db;
  stored_range s = store(db, {order(1), order(2)}, "first");
  expire(db);
  std::vector<pending_event> taken = claim_all(db, "second");
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].observation.shipment.reference == "R1");
  CHECK(db.value(state_of_all) == "0 2 0");
  CHECK(claim_all(db, "third").empty());
  auto late = settle_as(db, "first", {s.range}, all_closed(s));
  REQUIRE_FALSE(late);
  CHECK(lease_is_lost(late.error()));
  CHECK(db.value(state_of_all) == "0 2 0");
}

TEST_CASE("ranges in nobody's hands are taken whole, the oldest first, and once by however many ask") {
  test::database db;
  stored_range held = store(db, {order(9)}, "you");
  std::vector<stored_range> left;
  for (int n : {1, 4, 7}) left.push_back(store(db, {order(n), order(n + 1), order(n + 2)}, ""));
  CHECK(db.value(state_of_all) == "4 0 0");
  std::vector<claimed_range> mine = claim_backlog(db, "me", 5); // two of them would be six events
  REQUIRE(mine.size() == 1);
  CHECK(mine[0].range.first == left[0].range.first);
  CHECK(mine[0].range.stored_on == left[0].range.stored_on);
  CHECK(mine[0].range.events == 3);
  REQUIRE(mine[0].events.size() == 3);
  CHECK(mine[0].events[2].id == left[0].events[2].id);
  CHECK(mine[0].events[2].observation.shipment.reference == "R3");
  CHECK(claim_backlog(db, "you", 1).size() == 1); // larger than what is wanted, and yet it goes on
  std::vector<claimed_range> last = claim_backlog(db, "me", 100);
  REQUIRE(last.size() == 1);
  CHECK(last[0].range.first == left[2].range.first);
  CHECK(claim_backlog(db, "you", 100).empty());
  stored_range taken{mine[0].range, mine[0].events};
  CHECK(settle_as(db, "me", {taken.range}, all_closed(taken)));
  CHECK(db.value(state_of_all) == "3 0 3");
  CHECK(lease_is_lost(settle_as(db, "me", {held.range}, all_closed(held)).error()));
}

TEST_CASE("a range in nobody's hands is opened by a program that knows none, and by no other") {
  test::database db;
  store(db, {order(1), order(2)}, "");
  CHECK(claim_all(db, "me").empty());
  CHECK(db.value(state_of_all) == "1 0 0");
  CHECK(db.number("select count(*) from suivi.claim_events('older', 10, 5000)") == 2);
  CHECK(db.value(state_of_all) == "0 2 0");
}

TEST_CASE("another's range cannot be settled, nor one of several that is gone") {
  test::database db;
  stored_range mine = store(db, {order(1)}, "me");
  stored_range other = store(db, {order(2)}, "you");
  std::vector<settled> ends = all_closed(mine);
  for (const settled& each : all_closed(other)) ends.push_back(each);
  auto done = settle_as(db, "me", {mine.range, other.range}, ends);
  REQUIRE_FALSE(done);
  CHECK(lease_is_lost(done.error()));
  CHECK(db.value(state_of_all) == "2 0 0");
}

TEST_CASE("a renewed range does not lapse and one of another's is not renewed") {
  test::database db;
  stored_range mine = store(db, {order(1)}, "me");
  stored_range other = store(db, {order(2)}, "you");
  expire(db);
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::vector<std::int64_t> both{mine.range.first, other.range.first};
    auto renewed = co_await renew_ranges(connection, "me", both);
    CHECK(renewed);
  });
  std::vector<pending_event> taken = claim_all(db, "third");
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].id == other.events[0].id);
}

TEST_CASE("an opened range stays in its holder's hands and a released one is anybody's") {
  test::database db;
  stored_range s = store(db, {order(1), order(2)}, "me");
  auto held_by_me = [&]() -> task<std::size_t> {
    auto connection = co_await test::connected(db.options());
    std::vector<std::int64_t> firsts{s.range.first};
    auto opened = co_await open_ranges(connection, "me", firsts);
    REQUIRE(opened);
    std::vector<std::int64_t> ids{s.events[0].id, s.events[1].id};
    auto ours = co_await held(connection, "me", ids);
    REQUIRE(ours);
    co_return ours->size();
  };
  CHECK(test::run(held_by_me) == 2);
  store(db, {order(3)}, "me");
  CHECK(claim_all(db, "you").empty());
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    auto released = co_await release(connection, "me");
    CHECK(released);
  });
  CHECK(db.value(state_of_all) == "0 3 0");
  CHECK(claim_all(db, "you").size() == 3);
}

TEST_CASE("an event that comes again while it is in a range is applied once") {
  test::database db;
  stored_range s = store(db, {order(1), order(2)}, "me");
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::vector<repeated_webhook> again{{s.events[0].id, s.range.stored_on, suivi::now()}};
    auto done = co_await store_repeats(connection, again);
    CHECK(done);
  });
  CHECK(db.value(state_of_all) == "0 2 0");
  CHECK(db.number("select count(*) from suivi.pending where owner = 'me' and again_at is null") == 2);
}

TEST_CASE("retention gives a lapsed range of a day that is over up and leaves one that is held") {
  test::database db;
  store(db, {order(1), order(2)}, "dead");
  stored_range held = store(db, {order(3)}, "me");
  db.execute("update suivi.pending_range set due_at = now() - interval '1 second' where owner = 'dead'");
  CHECK(db.value("select coalesce(sum(events), 0) from suivi.give_up_events('tomorrow'::date, 500)") == "2");
  CHECK(db.value(state_of_all) == "1 0 2");
  CHECK(db.value("select distinct outcome from suivi.event_outcome") == "failed");
  REQUIRE(settle_as(db, "me", {held.range}, all_closed(held)));
}

TEST_CASE("an event in a range that comes again under an account that is known is that account's") {
  test::database db;
  webhook stray = order(1);
  stray.account = "nobody";
  stored_range s = store(db, {stray, order(2)}, "me");
  std::vector<std::int64_t> moved = test::run([&]() -> task<std::vector<std::int64_t>> {
    auto connection = co_await test::connected(db.options());
    std::vector<readdressed> again{{s.events[0].id, s.range.stored_on, "acc-1"}};
    std::vector<std::string> known{"acc-1"};
    auto done = co_await readdress(connection, again, known);
    REQUIRE(done);
    co_return *done;
  });
  CHECK(moved == std::vector<std::int64_t>{s.events[0].id});
  CHECK(db.value("select string_agg(concat_ws(' ', i.account, p.owner), ', ' order by i.id)"
                 " from suivi.pending p join suivi.inbox i on i.id = p.event_id") == "acc-1, me");
}
