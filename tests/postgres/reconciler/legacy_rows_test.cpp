// Rows as shops have them from before: each kind is made right by one sweep.
#include "common/pg/migrate.hpp"
#include "common/schema/schema.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::courier_row;
using suivi::test::stage;

namespace {
const std::string uuid = "11111111-1111-4111-8111-111111111111";
const std::string tracking = "1700000000000001";
} // namespace

TEST_CASE("an order without account is adopted by the account that matches it and its column stays empty") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  auto report = s.sweep();
  CHECK(report.backfilled == 1);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  CHECK(s.column("R1", "shippingAccountId") == "NULL");
  CHECK(s.db.value("select account || coalesce(contested_by, '') from suivi.adopted_order") == "acc-1");
}

TEST_CASE("where orders without account are not adopted they are left alone") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  s.options.adopt_unassigned = false;
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.backfilled == 0);
  CHECK(s.column("R1", "trackingNumber") == "NULL");
}

TEST_CASE("an order without account that two accounts claim is written by neither from then on") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep("acc-1").backfilled == 1);
  s.courier.rows = {{"22222222-2222-4222-8222-222222222222", "R1", 41, "1800000000000002"}};
  auto second = s.sweep("acc-2");
  CHECK(second.complete);
  CHECK(second.conflicts == 1);
  CHECK(second.matched == 0);
  std::string since = s.db.value("select at from suivi.adopted_order");
  CHECK(s.column("R1", "trackingNumber") == tracking);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  s.courier.rows = {{uuid, "R1", 32, tracking}};
  auto third = s.sweep("acc-1");
  CHECK(third.conflicts == 1);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  CHECK(s.db.value("select at from suivi.adopted_order") == since);
  s.db.execute(R"sql(update orders set "shippingAccountId" = 'acc-1' where "reference" = 'R1')sql");
  CHECK(s.sweep("acc-1").matched == 1);
  CHECK(s.column("R1", "shippingStatus") == "ALERTÉ");
}

TEST_CASE("orders adopted by an account that was deleted are taken over by the next one, contested or not") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep("acc-1").backfilled == 1);
  CHECK(s.sweep("acc-2").conflicts == 1);
  s.db.execute("delete from shipping_accounts where \"id\" = 'acc-1'");
  s.courier.rows[0].status = 41;
  auto report = s.sweep("acc-2");
  CHECK(report.conflicts == 0);
  CHECK(report.status_changed == 1);
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
  CHECK(s.db.value("select account || coalesce(contested_by, '') from suivi.adopted_order") == "acc-2");
}

TEST_CASE("a deleted account contests nothing any more") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep("acc-1").backfilled == 1);
  CHECK(s.sweep("acc-2").conflicts == 1);
  s.db.execute("delete from shipping_accounts where \"id\" = 'acc-2'");
  s.courier.rows[0].status = 41;
  CHECK(s.sweep("acc-1").status_changed == 1);
  CHECK(s.db.value("select account || coalesce(contested_by, '') from suivi.adopted_order") == "acc-1");
}

TEST_CASE("what an account had adopted that a policy hides is nobody else's") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep("acc-1").backfilled == 1);
  s.db.execute("alter table shipping_accounts enable row level security;"
               "create policy part on shipping_accounts using (\"id\" <> 'acc-1')");
  s.courier.rows[0].status = 41;
  auto report = s.sweep("acc-2");
  CHECK(report.conflicts == 1);
  CHECK(report.status_changed == 0);
  CHECK(s.db.value("select account from suivi.adopted_order") == "acc-1");
}

TEST_CASE("what the environment's key had adopted is the shop's own account's once there is one") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep("acc-1").backfilled == 1);
  s.db.execute("update suivi.adopted_order set account = 'env-1'");
  s.courier.rows[0].status = 41;
  CHECK(s.sweep("acc-2").conflicts == 0);
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
}

TEST_CASE(
    "a contested order is healed by the account the shop sets, also if it is not the one that wrote it") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep("acc-1").backfilled == 1);
  courier_row theirs{"22222222-2222-4222-8222-222222222222", "R1", 41, "1800000000000002"};
  s.courier.rows = {theirs};
  CHECK(s.sweep("acc-2").conflicts == 1);
  s.db.execute(R"sql(update orders set "shippingAccountId" = 'acc-2' where "reference" = 'R1')sql");
  CHECK(s.sweep("acc-2").matched == 1);
  CHECK(s.column("R1", "trackingNumber") == theirs.tracking);
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
  s.courier.rows = {{uuid, "R1", 50, tracking}};
  CHECK(s.sweep("acc-1").conflicts == 1);
  CHECK(s.column("R1", "trackingNumber") == theirs.tracking);
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
}

TEST_CASE(
    "an order without account that one account has adopted stays so where adoption was turned off again") {
  stage s;
  s.order("R1", "", "", "null");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep().backfilled == 1);
  s.options.adopt_unassigned = false;
  s.courier.rows[0].status = 32;
  CHECK(s.sweep().complete);
  CHECK(s.column("R1", "trackingNumber") == tracking);
}

TEST_CASE("columns set by hand are the courier's again after a pull") {
  stage s;
  s.order("R1", R"("trackingNumber", "shippingStatus", "maystroOrderId")",
          "'typed', 'parti hier', 'typed too'");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.status_changed == 1);
  CHECK(report.backfilled == 0); // it had one, of a kind
  CHECK(s.column("R1", "trackingNumber") == tracking);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  CHECK(s.column("R1", "maystroOrderId") == uuid);
  s.db.execute(R"sql(update orders set "shippingStatus" = 'CRÉÉ' where "reference" = 'R1')sql");
  CHECK(s.sweep().status_changed == 1);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
}

TEST_CASE("an empty tracking number is none") {
  stage s;
  s.order("R1", R"("trackingNumber", "shippingStatus")", "'', 'EXPÉDIÉ'");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep().backfilled == 1);
  CHECK(s.column("R1", "trackingNumber") == tracking);
}

TEST_CASE("a delivered order without status columns becomes delivered, a canceled one stays and is noted") {
  stage s;
  s.order("R1", R"("status")", "'SHIPPED'");
  s.order("R2", R"("status")", "'CANCELLED'");
  s.courier.rows = {{uuid, "R1", 41, tracking},
                    {"22222222-2222-4222-8222-222222222222", "R2", 41, "1700000000000002"}};
  CHECK(s.sweep().backfilled == 2);
  CHECK(s.column("R1", "status") == "DELIVERED");
  CHECK(s.column("R2", "status") == "CANCELLED");
  CHECK(s.column("R2", "shippingStatus") == "LIVRÉ");
  CHECK(s.db.number("select count(*) from suivi.change where order_id = 'o-R2' and field = 'status'") == 1);
}

TEST_CASE("delivery sets the order's own status from any but canceled and returned, which stay with a note "
          "in the timeline") {
  stage s;
  int n = 0;
  for (const char* status :
       {"PENDING", "ASSIGNED", "IN_PROGRESS", "CONFIRMED", "SHIPPED", "DELIVERED", "CANCELLED", "RETURNED"}) {
    s.shipped(++n, 41);
    s.db.execute(fmt::format("update orders set \"status\" = '{}' where \"reference\" = 'R{}'", status, n));
  }
  for (int times = 0; times < 2; ++times) {
    CHECK(s.sweep().complete);
    CHECK(
        s.db.value(
            R"sql(select string_agg("status"::text, ' ' order by length("reference"), "reference") from orders)sql") ==
        "DELIVERED DELIVERED DELIVERED DELIVERED DELIVERED DELIVERED CANCELLED RETURNED");
    CHECK(s.db.value("select string_agg(order_id || ' ' || from_value || ' ' || to_value, ', ' order by "
                     "order_id) from suivi.change "
                     "where field = 'status' and order_id > 'o-R6'") ==
          "o-R7 CANCELLED CANCELLED, o-R8 RETURNED RETURNED");
  }
}

TEST_CASE("metadata is merged beside what the shop keeps there, never into what is no object, and holds "
          "nothing personal") {
  stage s;
  for (int n = 1; n <= 5; ++n) s.shipped(n);
  const char* kept[] = {"null", "'{\"history\":[1]}'", "'[1,2]'", "'\"text\"'", "'null'"};
  for (int n = 1; n <= 5; ++n)
    s.db.execute(fmt::format("update orders set \"additionalMetaData\" = {} where \"reference\" = 'R{}'",
                             kept[n - 1], n));
  s.courier.more_fields =
      R"("customer_name":"Somebody","customer_phone":"0555","destination_text":"a street",)"
      R"("product_name":"shoes","wilaya":"Oran","commune_name":"Es Senia",)";
  CHECK(s.sweep().complete);
  auto metadata = [&](const char* reference) { return s.column(reference, "additionalMetaData"); };
  CHECK(metadata("R1").find(R"({"maystro": {)") == 0);
  CHECK(
      s.db.value(
          R"sql(select "additionalMetaData" -> 'history' = '[1]' and "additionalMetaData" ? 'maystro' from orders
                         where "reference" = 'R2')sql") == "t");
  CHECK(metadata("R3") == "[1, 2]");
  CHECK(metadata("R4") == "\"text\"");
  CHECK(metadata("R5").find(R"({"maystro": {)") == 0);
  for (const char* personal : {"Somebody", "0555", "street"})
    CHECK(s.db.value(fmt::format(R"sql(select bool_or("additionalMetaData"::text like '%{0}%') or
      (select bool_or(c::text like '%{0}%') from suivi.change c) or (select bool_or(p::text like '%{0}%') from suivi.parcel p)
      from orders)sql",
                                 personal)) == "f");
  CHECK(s.column("R3", "trackingNumber") == fmt::format("17{:014}", 3)); // the rest is written all the same
}

TEST_CASE("references of imported orders match as they are") {
  stage s;
  s.order("ECO-100123");
  s.order("100123");
  s.courier.rows = {{uuid, "ECO-100123", 31, tracking}};
  auto report = s.sweep();
  CHECK(report.matched == 1);
  CHECK(s.column("ECO-100123", "trackingNumber") == tracking);
  CHECK(s.column("100123", "trackingNumber") == "NULL");
}

TEST_CASE("another account's order is a conflict and never written, by page or by look-up") {
  stage s;
  s.order("R1", "", "", "'acc-2'");
  s.courier.rows = {{uuid, "R1", 31, tracking}};
  CHECK(s.sweep("acc-1").conflicts == 1);
  CHECK(s.column("R1", "trackingNumber") == "NULL");
  CHECK(s.sweep("acc-2").backfilled == 1);
}

TEST_CASE("one tracking number that the old system put on many orders is each one's own after a sweep") {
  stage s;
  for (int n = 1; n <= 3; ++n) {
    s.shipped(n);
    s.db.execute(fmt::format(R"sql(update orders set "trackingNumber" = '{}' where "reference" = 'R{}')sql",
                             tracking, n));
  }
  CHECK(s.sweep().complete);
  CHECK(s.db.number(R"sql(select count(distinct "trackingNumber") from orders)sql") == 3);
  CHECK(s.column("R2", "trackingNumber") == fmt::format("17{:014}", 2));
}

TEST_CASE("a number longer than an index takes keeps no shop from its schema, and the others are linked") {
  test::database shop(test::holding::shop);
  test::add_customer(shop);
  test::add_orders(shop, 1, 3, "null");
  shop.execute(R"sql(
    update orders set "trackingNumber" = 'T-1', "maystroOrderId" = (select string_agg(md5(n::text), '') from generate_series(1, 300) n)
    where "reference" = 'R1';
    update orders set "trackingNumber" = (select string_agg(md5(n::text), '') from generate_series(1, 300) n) where "reference" = 'R2';
    update orders set "maystroOrderId" = 'u-3' where "reference" = 'R3')sql");
  auto options = shop.options();
  test::run([&]() -> task<void> {
    auto db = co_await test::connected(options);
    auto ran = co_await pg::migrate(db, schema::all());
    CHECK_MESSAGE(ran, (ran ? "" : to_string(ran.error())));
    constexpr pg::statement show_path{"", "show search_path"};
    auto path = co_await db.run(show_path);
    REQUIRE(path);
    CHECK(std::string(path->text(0, 0)).find("suivi") == std::string::npos);
  });
  CHECK(shop.value("select string_agg(courier_id, ' ' order by courier_id) from suivi.legacy_link") ==
        "T-1 u-3");
  CHECK(shop.value("select to_regclass('suivi.orders') is null") == "t");
}
