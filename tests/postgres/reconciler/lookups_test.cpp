// Orders without tracking number that the pages do not show are asked for by reference.
#include "reconciler/sweep/lookups.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;
using texts = std::vector<std::string>;

namespace {

// Orders R1 (oldest) to Rn of the shop, a day apart, all made before now; the courier has those in `shipped`
// and newer ones of somebody else's that fill the newest page.
void old_shop(stage& s, int orders, const std::vector<int>& shipped) {
  for (int n : shipped) s.shipped(n);
  for (int n = 1; n <= orders; ++n)
    if (std::find(shipped.begin(), shipped.end(), n) == shipped.end()) s.order(fmt::format("R{}", n));
  s.db.execute(R"sql(update orders set "createdAt" = now() at time zone 'UTC' - interval '100 days'
                     + substr("reference", 2)::int * interval '1 day')sql");
  for (int n = 901; n <= 925; ++n)
    s.courier.rows.insert(s.courier.rows.begin(),
                          {fmt::format("00000000-0000-4000-8000-{:012}", n), fmt::format("X{}", n), 6,
                           fmt::format("18{:014}", n), "2026-02-01T10:00:00Z"});
  s.options.max_orders = 20;
}

} // namespace

TEST_CASE("an order beyond the pages read is found by its reference") {
  stage s;
  old_shop(s, 3, {2});
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.reason.value_or("") == "newest 20");
  CHECK(report.lookups == 3);
  CHECK(report.backfilled == 1);
  CHECK(report.matched == 1);
  CHECK(report.fetched == 21); // the row of a look-up is a parcel as any other
  CHECK(s.column("R2", "trackingNumber") == fmt::format("17{:014}", 2));
  CHECK(s.db.value("select string_agg(distinct source::text, ',') from suivi.change") == "3"); // lookup
  CHECK(s.db.number("select lookups from suivi.sweep") == 3);
}

TEST_CASE("a courier that ignores the filter puts no tracking number on a wrong order") {
  stage s;
  old_shop(s, 5, {2});
  s.courier.ignores_filter = true;
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.lookups <= 5);
  CHECK(report.backfilled == 0);
  CHECK(s.db.number(R"sql(select count(*) from orders where "trackingNumber" is not null)sql") == 0);
  // Page 1 of something else is no word that they are not there.
  CHECK(s.db.number("select count(*) from suivi.lookup where negatives > 0") == 0);
}

TEST_CASE("where the courier ignores the filter a sweep soon asks for no more references") {
  stage s;
  old_shop(s, 100, {2});
  s.courier.ignores_filter = true;
  s.options.max_in_flight = 2;
  CHECK(s.sweep().lookups <= 4);
}

TEST_CASE(
    "a courier that answers unknown references with other orders is asked for all known ones in one sweep") {
  for (int in_flight : {1, 10}) {
    stage s;
    std::vector<int> shipped;
    for (int n = 61; n <= 80; ++n) shipped.push_back(n); // behind 60 that were never handed over
    old_shop(s, 80, shipped);
    s.courier.ignores_unknown = true;
    s.options.max_in_flight = in_flight;
    auto report = s.sweep();
    CHECK(report.complete);
    CHECK(report.lookups == 80);
    CHECK(report.backfilled == 20);
    // Other orders are no word that one is not there.
    CHECK(s.db.number("select count(*) from suivi.lookup where negatives > 0") == 0);
  }
}

TEST_CASE("an answer that the door could not take is asked for again") {
  stage s;
  old_shop(s, 5, {1, 2, 3, 4, 5});
  s.db.execute(
      R"sql(alter table orders add constraint short check ("reference" <> 'R3' or "trackingNumber" is null))sql");
  CHECK_FALSE(s.sweep().complete);
  CHECK(s.column("R2", "trackingNumber") == fmt::format("17{:014}", 2));
  CHECK(s.db.number("select count(*) from suivi.lookup") == 0);
  s.db.execute("alter table orders drop constraint short");
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(s.column("R3", "trackingNumber") == fmt::format("17{:014}", 3));
}

TEST_CASE("references travel encoded") {
  stage s;
  s.order("R 1&external_order_id=R2#/é+%");
  s.options.max_orders = 1;
  s.courier.rows = {{"00000000-0000-4000-8000-000000000009", "X", 6, "9"},
                    {"00000000-0000-4000-8000-000000000001", "R 1&external_order_id=R2#/é+%", 31, "1700"}};
  CHECK(s.sweep().backfilled == 1);
  CHECK(s.courier.references_requested == texts{"R 1&external_order_id=R2#/é+%"});
}

TEST_CASE("a complete, uncut sweep has said of every order that it is not there") {
  stage s;
  old_shop(s, 3, {2});
  s.options.max_orders = 0;
  auto whole = s.sweep();
  CHECK(whole.complete);
  CHECK(whole.lookups == 0);
  s.options.max_orders = 20;
  CHECK(s.sweep().lookups == 0); // they wait out the interval
  s.db.execute("update suivi.account set whole_watermark = whole_watermark - interval '61 minutes'");
  CHECK(s.sweep().lookups == 2);
}

TEST_CASE("an incomplete sweep looks orders up") {
  stage s;
  old_shop(s, 3, {2});
  s.options.max_orders = 0;
  s.courier.broken_pages = {"2"};
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.lookups == 3);
  CHECK(report.backfilled == 1);
}

TEST_CASE(
    "those never asked for come first and the oldest first among them, then those not asked for longest") {
  stage s;
  old_shop(s, 5, {});
  s.options.lookup_limit = 2;
  s.options.max_in_flight = 1;
  s.sweep();
  s.sweep();
  CHECK(s.courier.references_requested == texts{"R1", "R2", "R3", "R4"});
  s.db.execute(
      "update suivi.lookup set asked_at = asked_at - interval '2 hours' where order_id in ('o-R3', 'o-R2')");
  s.sweep();
  s.sweep();
  CHECK(s.courier.references_requested == texts{"R1", "R2", "R3", "R4", "R5", "R2", "R3"});
}

TEST_CASE("not there is believed the longer the more often it was said") {
  stage s;
  old_shop(s, 1, {});
  auto after = [&](const char* time) {
    s.db.execute(fmt::format("update suivi.lookup set asked_at = clock_timestamp() - interval '{}'", time));
    return s.sweep().lookups;
  };
  CHECK(s.sweep().lookups == 1);
  CHECK(after("59 minutes") == 0);
  CHECK(after("61 minutes") == 1);
  CHECK(after("61 minutes") == 0);
  CHECK(after("121 minutes") == 1);
  CHECK(after("239 minutes") == 0);
  CHECK(after("241 minutes") == 1);
  s.db.execute("update suivi.lookup set negatives = 1000");
  CHECK(after("167 hours") == 0);
  CHECK(after("169 hours") == 1);
}

TEST_CASE("a question without an answer counts for nothing and waits behind the others") {
  stage s;
  old_shop(s, 2, {});
  s.options.lookup_limit = 1;
  s.courier.broken_references = {"R1"};
  auto first = s.sweep();
  CHECK(first.complete); // the list was
  CHECK(first.lookups == 1);
  CHECK(s.db.number("select negatives from suivi.lookup where order_id = 'o-R1'") == 0);
  s.courier.references_requested.clear();
  s.courier.broken_references.clear();
  s.sweep();
  s.sweep();
  CHECK(s.courier.references_requested == texts{"R2", "R1"});
}

TEST_CASE("a remembered order is forgotten once it has a tracking number or is gone") {
  stage s;
  old_shop(s, 3, {});
  s.sweep();
  CHECK(s.db.number("select count(*) from suivi.lookup") == 3);
  s.db.execute(R"sql(update orders set "trackingNumber" = 'by-hand' where "reference" = 'R1';
                     insert into suivi.parcel (account, uuid, order_id, status, as_of_shape, source)
                     values ('acc-1', 'u-1', 'o-R1', 31, 3, 0);
                     delete from orders where "reference" = 'R2';
                     update suivi.lookup set asked_at = asked_at - interval '2 hours')sql");
  s.sweep();
  CHECK(s.db.value("select string_agg(order_id, ',') from suivi.lookup") == "o-R3");
}

TEST_CASE("canceled, delivered and old orders are asked for like any other") {
  stage s;
  old_shop(s, 3, {1, 2, 3});
  s.db.execute(
      R"sql(update orders set "status" = 'CANCELLED', "createdAt" = '2019-01-01' where "reference" = 'R1';
                     update orders set "status" = 'DELIVERED', "shippingStatus" = 'LIVRÉ' where "reference" = 'R2')sql");
  auto report = s.sweep();
  CHECK(report.lookups == 3);
  CHECK(report.backfilled == 3);
}

TEST_CASE("orders without account are asked for where they may be adopted, another account's never") {
  stage s;
  old_shop(s, 3, {1, 2, 3});
  s.db.execute(R"sql(update orders set "shippingAccountId" = null where "reference" = 'R1';
                     update orders set "shippingAccountId" = 'acc-2' where "reference" = 'R2')sql");
  s.options.adopt_unassigned = false;
  CHECK(s.sweep().lookups == 1);
  s.options.adopt_unassigned = true;
  CHECK(s.sweep().lookups == 1);
  CHECK(s.db.value("select account from suivi.adopted_order where order_id = 'o-R1'") == "acc-1");
  CHECK(s.column("R2", "trackingNumber") == "NULL");
}

TEST_CASE("the few orders newer than the last complete sweep are found without reading the many older ones") {
  stage s;
  s.db.execute(test::orders_sql("o", "R", 1, 20'000, "'acc-1'"));
  s.db.execute(
      R"sql(update orders set "createdAt" = now() at time zone 'UTC' - interval '30 days' where "id" <> 'o77';
    insert into suivi.account (id, full_watermark) values ('acc-1', now() - interval '1 hour'))sql");
  s.db.execute("vacuum analyze orders");
  auto body = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto rows_read = [&]() -> task<std::int64_t> { // of orders
      auto flushed = co_await db.run_script("select pg_stat_force_next_flush()");
      REQUIRE(flushed.has_value());
      s.db.execute("select pg_stat_force_next_flush()"); // what this test's own session has read comes first
      co_return s.db.number("select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables where "
                            "relid = 'orders'::regclass");
    };
    std::int64_t before = co_await rows_read();
    for (int times = 0; times < 8; ++times) { // a plan is kept from the sixth on
      reconciler::lookup_question which;
      which.account = "acc-1";
      which.only_new = true;
      which.orders_max = 500;
      auto found = co_await reconciler::orders_to_look_up(db, which);
      REQUIRE(found.has_value());
      REQUIRE(found->size() == 1);
      CHECK(found->front().reference == "R77");
    }
    std::int64_t after = co_await rows_read();
    CHECK(after - before < 20'000); // once would be all of them
  };
  test::run(body);
}

TEST_CASE("no look-ups at all where none are allowed") {
  stage s;
  old_shop(s, 3, {1});
  s.options.lookup_limit = 0;
  CHECK(s.sweep().lookups == 0);
}

TEST_CASE("a dry run asks for what its pages did not show and remembers nothing") {
  stage s;
  old_shop(s, 3, {1});
  s.shipped(50, 6, "2026-02-02T10:00:00Z");
  s.options.dry_run = true;
  auto report = s.sweep();
  CHECK(report.lookups == 3);
  CHECK(report.backfilled == 2);
  CHECK(s.db.number("select (select count(*) from suivi.lookup) + (select count(*) from suivi.parcel)") == 0);
}

namespace {

// Orders of the old system, with numbers and the state of that day; since then the courier has delivered
// them. They stand below the newest page.
void taken_over_shop(stage& s, int orders) {
  for (int n = 1; n <= orders; ++n) s.shipped(n, 41);
  for (int n = 901; n <= 925; ++n)
    s.courier.rows.insert(s.courier.rows.begin(),
                          {fmt::format("00000000-0000-4000-8000-{:012}", n), fmt::format("X{}", n), 6,
                           fmt::format("18{:014}", n), "2026-02-01T10:00:00Z"});
  s.db.execute(R"sql(update orders set "trackingNumber" = '17' || lpad(substr("reference", 2), 14, '0'),
    "shippingStatus" = 'EXPÉDIÉ',
    "maystroOrderId" = case when substr("reference", 2)::int % 2 = 0
                            then '00000000-0000-4000-8000-' || lpad(substr("reference", 2), 12, '0') end)sql");
  s.options.max_orders = 20;
}

std::int64_t delivered(const stage& s) {
  return s.db.number(R"sql(select count(*) from orders where "shippingStatus" = 'LIVRÉ')sql");
}

} // namespace

TEST_CASE(
    "orders that the old system had tracked are read one by one, the rest of them by the sweeps between") {
  stage s;
  taken_over_shop(s, 30);
  s.options.lookup_limit = 10;
  CHECK(s.sweep().lookups == 10);
  CHECK(delivered(s) == 10);
  CHECK(s.sweep_newest().complete);
  CHECK(delivered(s) == 20);
  CHECK(s.sweep_newest().lookups == 10);
  CHECK(delivered(s) == 30);
  CHECK(s.sweep_newest().lookups == 0);
  CHECK(s.db.value("select unlinked_left from suivi.account") == "f");
}

TEST_CASE(
    "an order whose state is final is not asked about, one whose old id is gone is found by its reference") {
  stage s;
  taken_over_shop(s, 4);
  s.db.execute(R"sql(update orders set "shippingStatus" = 'LIVRÉ' where "reference" = 'R1';
    update orders set "maystroOrderId" = '00000000-0000-4000-8000-000000009999' where "reference" = 'R2';
    update orders set "shippingAccountId" = null where "reference" = 'R3')sql");
  CHECK(s.sweep().lookups == 3);
  CHECK(delivered(s) == 4);
  std::sort(s.courier.references_requested.begin(), s.courier.references_requested.end()); // two at a time
  CHECK(s.courier.references_requested == texts{"R2", "R3"});
}

TEST_CASE("what the courier does not know of the old orders waits longer each time") {
  stage s;
  taken_over_shop(s, 3);
  std::erase_if(s.courier.rows, [](const test::courier_row& row) { return row.reference.starts_with("R"); });
  CHECK(s.sweep().lookups == 3);
  CHECK(s.sweep().lookups == 0);
  s.db.execute("update suivi.lookup set asked_at = asked_at - interval '61 minutes'");
  CHECK(s.sweep().lookups == 3);
}

TEST_CASE("an order that the shop gave to another account is read for that one, though its parcel is the "
          "former's") {
  stage s;
  taken_over_shop(s, 4);
  CHECK(s.sweep().lookups == 4);
  CHECK(delivered(s) == 4);
  // The same orders of acc-1 were acc-2's before: parcels of theirs are known, under other ids.
  s.db.execute(
      R"sql(update suivi.parcel set account = 'acc-2', uuid = 'other-' || id where reference like 'R%';
    update orders set "shippingStatus" = 'EXPÉDIÉ';
    delete from suivi.lookup)sql");
  CHECK(s.sweep().lookups == 4);
  CHECK(delivered(s) == 4);
}

TEST_CASE("a sweep of look-ups alone is complete only if every question was answered") {
  stage s;
  old_shop(s, 2, {2});
  CHECK(s.sweep().complete);
  s.options.kind = reconciler::sweep_kind::lookups;
  s.courier.broken_references = {"R1"};
  s.courier.broken_status = 400; // not asked for again in this sweep
  auto some = s.sweep();
  CHECK_FALSE(some.complete);
  CHECK(some.reason == "1 of 1 look-ups got no answer from the courier");
  s.courier.broken_references.clear();
  CHECK(s.sweep().complete);

  s.db.execute("alter table suivi.lookup rename to lookup_away");
  auto none = s.sweep();
  CHECK_FALSE(none.complete);
  CHECK(none.reason.value_or("").starts_with("the orders could not be read: sqlstate:42P01"));
  s.db.execute("alter table suivi.lookup_away rename to lookup");
  s.courier.ignores_filter = true;
  auto ignored = s.sweep();
  CHECK_FALSE(ignored.complete);
  CHECK(ignored.reason == "the courier answers look-ups by reference with other orders");
}
