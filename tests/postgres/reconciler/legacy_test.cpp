// Rows as shops have them from before: each kind is made right by one sweep.
#include "tests/postgres/reconciler/stage.hpp"

#include <doctest/doctest.h>

using namespace suivi;
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
  CHECK(s.column("R1", "trackingNumber") == tracking);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  s.courier.rows = {{uuid, "R1", 32, tracking}};
  auto third = s.sweep("acc-1");
  CHECK(third.conflicts == 1);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  s.db.execute(R"sql(update orders set "shippingAccountId" = 'acc-1' where "reference" = 'R1')sql");
  CHECK(s.sweep("acc-1").matched == 1);
  CHECK(s.column("R1", "shippingStatus") == "ALERTÉ");
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

TEST_CASE("a delivered order without status columns becomes delivered, a cancelled one stays and is noted") {
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
