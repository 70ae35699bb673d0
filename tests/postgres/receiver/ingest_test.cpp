// The inbox against a real database: what is stored once, what is seen before, and who holds what.
#include "common/maystro/envelope.hpp"
#include "common/sqlstate/batch_failure.hpp"
#include "receiver/inbox/ingest.hpp"
#include "receiver/inbox/parked.hpp"
#include "receiver/inbox/pending.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

webhook webhook_of(const std::string& body) {
  webhook a;
  a.received_at = suivi::now();
  a.raw = body;
  a.event = maystro::decode(body);
  a.key = choose_key(body, a.event);
  return a;
}

webhook order(const std::string& id, int status = 31) {
  return webhook_of(R"({"event":"OrderStatusChanged","payload":{"id":")" + id + R"(","status":)" +
                    std::to_string(status) + R"(,"external_order_id":"REF-)" + id + "\"}}");
}

std::vector<receipt> store(const test::database& db, std::vector<webhook> rows, std::string owner = "me") {
  return test::run([&]() -> task<std::vector<receipt>> {
    auto connection = co_await test::connected(db.options());
    std::span<const webhook> all(rows);
    auto kept = co_await ingest(connection, all, owner);
    REQUIRE(kept);
    co_return *kept;
  });
}

std::vector<pending_event> claim_all(const test::database& db, std::string owner) {
  return test::run([&]() -> task<std::vector<pending_event>> {
    auto connection = co_await test::connected(db.options());
    auto taken = co_await claim(connection, owner, 100);
    REQUIRE(taken);
    co_return *taken;
  });
}

result<void> close_as(const test::database& db, std::string owner, pending_event event, std::string outcome) {
  return test::run([&]() -> task<result<void>> {
    auto connection = co_await test::connected(db.options());
    disposition next;
    next.outcome = outcome;
    next.order_id = "order-1";
    std::vector<settled> ends{{&event, next}};
    auto done = co_await settle(connection, owner, ends);
    co_return done;
  });
}

void expire_leases(const test::database& db) {
  db.execute("update suivi.pending set due_at = now()");
}

} // namespace

TEST_CASE("an order's event is stored whole and is pending in its receiver's hands") {
  test::database db;
  auto kept = store(db, {order("u1")});
  REQUIRE(kept.size() == 1);
  CHECK_FALSE(kept[0].repeated);
  CHECK(db.value("select reference || ' ' || status || ' ' || name from suivi.inbox") ==
        "REF-u1 31 OrderStatusChanged");
  CHECK(db.value("select convert_from(raw, 'UTF8') from suivi.inbox").find("OrderStatusChanged") !=
        std::string::npos);
  CHECK(db.value("select state || ' ' || owner from suivi.pending") == "pending me");
  CHECK(db.number("select count(*) from suivi.inbox_default") == 0);
}

TEST_CASE("repeats within one call and across calls are the first one's duplicates") {
  test::database db;
  auto first = store(db, {order("u1"), order("u2"), order("u1")});
  CHECK_FALSE(first[0].repeated);
  CHECK_FALSE(first[1].repeated);
  CHECK(first[2].repeated);
  CHECK(first[2].id == first[0].id);
  auto again = store(db, {order("u2"), order("u3")});
  CHECK(again[0].repeated);
  CHECK(again[0].id == first[1].id);
  CHECK_FALSE(again[1].repeated);
  CHECK(db.number("select count(*) from suivi.inbox") == 3);
  CHECK(db.number("select count(*) from suivi.pending") == 3);
}

TEST_CASE("a key that has expired is a new event and one that has not is the same") {
  test::database db;
  auto first = store(db, {order("u1")});
  db.execute("update suivi.inbox_key set expires_at = now() + interval '1 hour'");
  CHECK(store(db, {order("u1")})[0].id == first[0].id);
  db.execute("update suivi.inbox_key set expires_at = now() - interval '1 second'");
  auto later = store(db, {order("u1")});
  CHECK_FALSE(later[0].repeated);
  CHECK(later[0].id != first[0].id);
  CHECK(db.number("select count(*) from suivi.inbox") == 2);
}

TEST_CASE("racing receivers store each event once and do not deadlock") {
  test::database db;
  std::vector<webhook> forward, backward;
  for (int i = 0; i < 200; ++i) forward.push_back(order("u" + std::to_string(i)));
  backward.assign(forward.rbegin(), forward.rend());
  auto both = test::run([&]() -> task<std::pair<std::vector<receipt>, std::vector<receipt>>> {
    using namespace asio::experimental::awaitable_operators;
    auto one = co_await test::connected(db.options());
    auto two = co_await test::connected(db.options());
    std::span<const webhook> there(forward);
    std::span<const webhook> back(backward);
    auto [a, b] = co_await (ingest(one, there, "one") && ingest(two, back, "two"));
    REQUIRE(a);
    REQUIRE(b);
    co_return std::pair(*a, *b);
  });
  CHECK(db.number("select count(*) from suivi.inbox") == 200);
  CHECK(db.number("select count(*) from suivi.pending") == 200);
  for (std::size_t i = 0; i < 200; ++i) {
    const auto& a = both.first[i];
    const auto& b = both.second[199 - i];
    CHECK(a.id == b.id);
    CHECK(a.repeated != b.repeated);
  }
}

TEST_CASE("racing receivers store each event of their ranges once and do not deadlock") {
  test::database db;
  std::vector<webhook> forward, backward;
  for (int i = 0; i < 200; ++i) forward.push_back(order("u" + std::to_string(i)));
  backward.assign(forward.rbegin(), forward.rend());
  std::vector<receipt> ones, twos;
  auto steps = [&]() -> task<void> {
    using namespace asio::experimental::awaitable_operators;
    auto one = co_await test::connected(db.options());
    auto two = co_await test::connected(db.options());
    std::span<const webhook> there(forward);
    std::span<const webhook> back(backward);
    auto [a, b] = co_await (ingest_as_range(one, there, "one") && ingest_as_range(two, back, "two"));
    REQUIRE(a);
    REQUIRE(b);
    ones = *a;
    twos = *b;
  };
  test::run(steps);
  CHECK(db.number("select count(*) from suivi.inbox") == 200);
  CHECK(db.number("select count(*) from suivi.inbox_key") == 200);
  CHECK(db.number("select sum(cardinality(ids)) from suivi.pending_range") == 200);
  for (std::size_t i = 0; i < 200; ++i) {
    CHECK(ones[i].id == twos[199 - i].id);
    CHECK(ones[i].repeated != twos[199 - i].repeated);
  }
}

TEST_CASE("what is not understood is kept with its reason and never pending") {
  test::database db;
  store(db, {webhook_of("not json at all"), webhook_of(R"({"event":"InventoryMovement","quantity":3})")});
  CHECK(db.number("select count(*) from suivi.pending") == 0);
  CHECK(db.value("select outcome from suivi.inbox order by id limit 1") == "quarantined");
  CHECK(db.value("select error from suivi.inbox order by id limit 1") != "NULL");
  CHECK(db.value("select outcome from suivi.inbox order by id desc limit 1") == "ignored");
}

TEST_CASE("a poisonous row is kept as raw bytes only") {
  test::database db;
  auto row = order("u1");
  auto kept = test::run([&]() -> task<result<receipt>> {
    auto connection = co_await test::connected(db.options());
    auto one = co_await ingest_as_poison(connection, row, "sqlstate:22P05");
    co_return one;
  });
  REQUIRE(kept);
  CHECK(kept->poison == "sqlstate:22P05");
  CHECK(db.value("select outcome || coalesce(name, '-') || coalesce(reference, '-') from suivi.inbox") ==
        "quarantined--");
}

TEST_CASE("a lease keeps others away until it lapses and then the former holder can close nothing") {
  test::database db;
  store(db, {order("u1", 41)}, "first");
  CHECK(claim_all(db, "second").empty());
  expire_leases(db);
  auto taken = claim_all(db, "second");
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].observation.shipment.status == 41);
  CHECK(taken[0].observation.shipment.reference == "REF-u1");
  CHECK(taken[0].observation.event_id == taken[0].id);
  CHECK(claim_all(db, "third").empty());

  auto late = close_as(db, "first", taken[0], "applied");
  REQUIRE_FALSE(late);
  CHECK(lease_is_lost(late.error()));
  CHECK(db.number("select count(*) from suivi.event_outcome") == 0);

  REQUIRE(close_as(db, "second", taken[0], "applied"));
  CHECK(db.number("select count(*) from suivi.pending") == 0);
  CHECK(db.value("select outcome || ' ' || order_id from suivi.event_outcome") == "applied order-1");
}

TEST_CASE("events nobody holds are claimed once by however many ask") {
  test::database db;
  store(db, {order("u1"), order("u2"), order("u3")}, "");
  CHECK(claim_all(db, "one").size() == 3);
  CHECK(claim_all(db, "two").empty());
}

TEST_CASE("what a receiver gives back can be taken at once") {
  test::database db;
  store(db, {order("u1")}, "one");
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    auto released = co_await release(connection, "one");
    CHECK(released);
  });
  CHECK(claim_all(db, "two").size() == 1);
}

TEST_CASE("a parked event waits until its order appears") {
  test::database db;
  store(db, {order("u1"), order("u2")}, "me");
  auto park_and_wake = [&]() -> task<std::uint64_t> {
    auto connection = co_await test::connected(db.options());
    expire_leases(db);
    auto events = co_await claim(connection, "me", 10);
    REQUIRE(events);
    disposition parked;
    parked.action = disposition::kind::postpone;
    parked.state = event_state::parked;
    parked.attempts = 1;
    parked.delay = 10min;
    std::vector<settled> ends;
    for (const auto& e : *events) ends.push_back({&e, parked});
    auto done = co_await settle(connection, "me", ends);
    REQUIRE(done);
    auto none = co_await wake_parked(connection, false);
    REQUIRE(none);
    CHECK(*none == 0);
    test::add_customer(db);
    test::add_order(db, "o1", "REF-u1", "null");
    db.execute(R"(
      insert into orders ("id", "reference", "maystroOrderId", "customerId", "total", "updatedAt")
      values ('o2', 'another', 'u2', 'c', 1, now()))");
    auto by_reference = co_await wake_parked(connection, false);
    REQUIRE(by_reference);
    CHECK(*by_reference == 1);
    auto by_legacy_links = co_await wake_parked(connection, true);
    REQUIRE(by_legacy_links);
    co_return *by_legacy_links;
  };
  CHECK(test::run(park_and_wake) == 1);
  // The door finds the order by that link.
  CHECK(db.value("select courier_id || order_id from suivi.legacy_link") == "u2o2");
  CHECK(claim_all(db, "me").size() == 2);
}

TEST_CASE("a repeated body is tried again as of its new receipt and a vain repeat leaves the first outcome") {
  test::database db;
  auto kept = store(db, {order("u1")}, "");
  REQUIRE(close_as(db, "me", claim_all(db, "me")[0], "applied"));
  auto later = suivi::now() + 1h;
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::vector<repeated_webhook> again{{kept[0].id, kept[0].stored_on, later},
                                        {kept[0].id, kept[0].stored_on, later}};
    auto done = co_await store_repeats(connection, again);
    CHECK(done);
  });
  auto taken = claim_all(db, "me");
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].observation.when.to == later);
  REQUIRE(close_as(db, "me", taken[0], "unchanged"));
  CHECK(db.value("select outcome from suivi.event_outcome") == "applied");
}

TEST_CASE("the gauge counts what is not yet applied, parked or refused") {
  test::database db;
  store(db, {order("u1"), order("u2"), order("u3"), order("u4")}, "");
  db.execute(
      R"(update suivi.pending set state = (array['pending','parked','confirming','failed'])[1 + event_id % 4])");
  auto lengths = test::run([&]() -> task<queue_lengths> {
    auto connection = co_await test::connected(db.options());
    auto counted = co_await count_pending(connection);
    REQUIRE(counted);
    co_return *counted;
  });
  CHECK(lengths.pending == 3);
  CHECK(lengths.parked == 1);
}

TEST_CASE("partitions are made ahead once and rows go to their day's") {
  test::database db;
  db.execute("select suivi.make_partitions(7)"); // it is a copy of a database that may be of yesterday
  CHECK(db.number("select suivi.make_partitions(7)") == 0);
  CHECK(db.number("select suivi.make_partitions(9)") == 4);
  CHECK(db.number(R"sql(
select count(*) from pg_inherits h join pg_class c on c.oid = h.inhrelid
where h.inhparent = 'suivi.inbox'::regclass
  and coalesce(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([0-9-]+)''\)')::date
               > (now() at time zone 'UTC')::date, true))sql") == 11);
}
