// Sweeps of a Guepex and a Nord West account, by real sockets against a few literal parcels.
#include "reconciler/verify/sample.hpp"
#include "reconciler/verify/verifier.hpp"
#include "tests/postgres/reconciler/other_couriers.hpp"
#include "tests/support/connected.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::test;

TEST_CASE(
    "a full sweep of Guepex takes pages of a thousand, backfills tracking numbers and repairs undefined") {
  stage s;
  guepex_stand_in courier;
  for (int n = 1; n <= 3; ++n) s.order(fmt::format("R{}", n), R"("shippingStatus")", "'undefined'");
  courier.rows = {
      {"yal-3", "R3", "Livré"}, {"yal-2", "R2", "Tentative échouée"}, {"yal-1", "R1", "Perdu en route"}};
  auto report = sweep(s, courier);
  CAPTURE(report.reason.value_or(""));
  CHECK(report.complete);
  CHECK(report.fetched == 3);
  CHECK(report.matched == 3);
  CHECK(report.backfilled == 3);
  CHECK(report.rows_expected == 3);
  CHECK(courier.requests.front() == "/parcels/?page=1&page_size=1000");
  CHECK(s.column("R3", "shippingStatus") == "LIVRÉ");
  CHECK(s.column("R3", "status") == "DELIVERED");
  CHECK(s.column("R3", "trackingNumber") == "yal-3");
  CHECK(s.column("R2", "shippingStatus") == "TENTATIVE ÉCHOUÉE");
  CHECK(s.column("R2", "alertedAt") == "2026-01-31 11:00:00");
  CHECK(s.column("R1", "shippingStatus") == "PERDU EN ROUTE");
  CHECK(s.db.number(R"sql(select count(*) from orders where "maystroOrderId" is not null)sql") == 0);
  CHECK(s.column("R1", "additionalMetaData").find(R"("guepex": {)") != std::string::npos);
  CHECK(s.column("R1", "additionalMetaData").find("Amine") == std::string::npos);
  CHECK(s.db.value("select string_agg(distinct courier::text || state || ended, ',' order by courier::text "
                   "|| state || "
                   "ended) from suivi.parcel") == "2LIVRÉtrue,2PERDU EN ROUTEfalse,2TENTATIVE ÉCHOUÉEfalse");
  auto again = sweep(s, courier);
  CHECK(again.complete);
  CHECK(again.unchanged == 3);
}

TEST_CASE("several pages of Guepex are read whole, by its own count") {
  stage s;
  guepex_stand_in courier;
  courier.page_size = 2;
  for (int n = 1; n <= 5; ++n) {
    s.order(fmt::format("R{}", n));
    courier.rows.push_back({fmt::format("yal-{}", n), fmt::format("R{}", n), "Centre"});
  }
  auto report = sweep(s, courier);
  CHECK(report.complete);
  CHECK(report.pages == 3);
  CHECK(report.fetched == 5);
  CHECK(report.backfilled == 5);
}

TEST_CASE("ten thousand parcels of Guepex are read whole in ten requests") {
  stage s;
  guepex_stand_in courier;
  for (int n = 1; n <= 10'000; ++n)
    courier.rows.push_back({fmt::format("yal-{}", n), fmt::format("R{}", n), "Centre"});
  s.db.execute(test::orders_sql("o-R", "R", 1, 1'000, "'acc-1'"));
  auto report = sweep(s, courier);
  CAPTURE(report.reason.value_or(""));
  CHECK(report.complete);
  CHECK(report.pages == 10);
  CHECK(report.fetched == 10'000);
  CHECK(report.matched == 1'000);
  CHECK(report.requests == 10);
  CHECK(courier.requests.size() == 10);
}

TEST_CASE("an incremental sweep of Guepex asks for what changed since the day before the last one") {
  stage s;
  guepex_stand_in courier;
  s.order("R1");
  courier.rows = {{"yal-1", "R1", "Centre"}};
  CHECK(sweep(s, courier).complete);
  courier.rows[0].status = "Livré";
  courier.rows[0].since = "2026-02-01 09:00:00";
  courier.requests.clear();
  s.options.kind = reconciler::sweep_kind::incremental;
  auto report = sweep(s, courier);
  CHECK(report.complete);
  CHECK(report.status_changed == 1);
  CHECK(courier.requests.front().starts_with("/parcels/?date_last_status=20"));
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
}

TEST_CASE("look-ups of Guepex go together, are verified, and one with a comma goes alone") {
  stage s;
  guepex_stand_in courier;
  for (const char* reference : {"R1", "R2", "R4", "A,B"}) s.order(reference);
  courier.rows = {{"yal-1", "R1", "Centre"}, {"yal-2", "R2", "Centre"}, {"yal-3", "A", "Centre"}};
  courier.rows.push_back({"yal-4", " R4 ", "Centre"}); // typed with blanks
  s.options.max_orders = 1;                            // the list is cut, so the rest is looked up
  auto report = sweep(s, courier);
  CHECK(report.lookups == 3); // the page has shown R1
  CHECK(s.column("R2", "trackingNumber") == "yal-2");
  CHECK(s.column("R4", "trackingNumber") == "yal-4");
  CHECK(s.db.number("select count(*) from suivi.lookup where order_id = 'o-R4'") == 0);
  CHECK(s.db.number(
            R"sql(select count(*) from orders where "reference" = 'A,B' and "trackingNumber" is null)sql") ==
        1);
  auto looked_up = std::ranges::count_if(courier.requests, [](const std::string& target) {
    return target.find("order_id=") != std::string::npos;
  });
  CHECK(looked_up == 2);
}

TEST_CASE("Nord West is asked by the shop's tracking numbers, fifty at a time, and unknown ones are told") {
  stage s;
  nord_west_stand_in courier;
  for (int n = 1; n <= 60; ++n) {
    s.order(fmt::format("R{}", n), R"("trackingNumber", "shippingStatus")",
            fmt::format("'ECS{}', 'UNDEFINED'", n));
    if (n != 7) courier.entries[fmt::format("ECS{}", n)] = entry("fdr_activated", "2026-01-31 12:00:00");
  }
  courier.entries["ECS1"] =
      entry("livre", "2026-01-31 12:00:00") + "," + entry("edit_price", "2026-02-01 12:00:00");
  s.order("R61"); // without a number: nobody can ask for it
  auto report = sweep(s, courier);
  CAPTURE(report.reason.value_or(""));
  CHECK(report.complete);
  CHECK(report.pages == 2);
  CHECK(report.rows_expected == 60);
  CHECK(report.fetched == 59);
  CHECK(report.matched == 59);
  CHECK(report.lookups == 0);
  CHECK(courier.batch_sizes == std::vector<std::size_t>{50, 10});
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
  CHECK(s.column("R1", "status") == "DELIVERED");
  CHECK(s.column("R2", "shippingStatus") == "EN LIVRAISON");
  CHECK(s.column("R2", "trackingNumber") == "ECS2");
  CHECK(s.column("R7", "shippingStatus") == "UNDEFINED");
  CHECK(s.db.value("select string_agg(order_id, ',') from suivi.unanswered_number") == "o-R7");
  CHECK(s.column("R2", "additionalMetaData").find(R"("nord_west": {)") != std::string::npos);
  CHECK(s.column("R2", "additionalMetaData").find("Amine") == std::string::npos);
}

TEST_CASE("a Nord West parcel whose state is final is asked for no more") {
  stage s;
  nord_west_stand_in courier;
  s.order("R1", R"("trackingNumber")", "'ECS1'");
  s.order("R2", R"("trackingNumber")", "'ECS2'");
  courier.entries["ECS1"] = entry("validation_reception_cash_by_partener", "2026-01-31 12:00:00");
  courier.entries["ECS2"] = entry("upload", "2026-01-31 12:00:00");
  CHECK(sweep(s, courier).rows_expected == 2);
  CHECK(sweep(s, courier).rows_expected == 1);
  courier.entries["ECS2"] = entry("fdr_activated", "2026-02-01 12:00:00");
  s.options.kind = reconciler::sweep_kind::incremental;
  auto report = sweep(s, courier);
  CHECK(report.complete);
  CHECK(report.status_changed == 1);
}

TEST_CASE("a Nord West key that is refused stops the account") {
  stage s;
  s.order("R1", R"("trackingNumber")", "'ECS1'");
  auto report = sweep(s, courier_kind::nord_west, [](const http::request&) {
    http::response refused;
    refused.status = 422;
    return refused;
  });
  CHECK_FALSE(report.complete);
  CHECK(report.requests == 1);
}

TEST_CASE(
    "a number that Nord West cannot answer for keeps none of the others from being read, and is named") {
  stage s;
  nord_west_stand_in courier;
  for (int n = 1; n <= 60; ++n) {
    s.order(fmt::format("R{}", n), R"("trackingNumber")", fmt::format("'ECS{}'", n));
    courier.entries[fmt::format("ECS{}", n)] = entry("fdr_activated", "2026-01-31 12:00:00");
  }
  int refused = 0;
  auto picky = [&](const http::request& r) {
    if (r.body.find("\"ECS17\"") == std::string::npos) return courier.answer(r);
    ++refused;
    http::response bad;
    bad.status = 400;
    return bad;
  };
  auto report = sweep(s, courier_kind::nord_west, picky);
  CHECK_FALSE(report.complete);
  CHECK(report.matched == 59);
  CHECK(report.reason.value_or("").find("order R17") != std::string::npos);
  CHECK(refused <= 7);
  CHECK(s.db.number(R"sql(select count(*) from orders where "shippingStatus" = 'EN LIVRAISON')sql") == 59);
}

TEST_CASE("where Nord West answers no request at all few more are made for that") {
  stage s;
  for (int n = 1; n <= 200; ++n)
    s.order(fmt::format("R{}", n), R"("trackingNumber")", fmt::format("'ECS{}'", n));
  auto report = sweep(s, courier_kind::nord_west, [](const http::request&) {
    http::response bad;
    bad.status = 400;
    return bad;
  });
  CHECK_FALSE(report.complete);
  CHECK(report.requests < 25);
}

TEST_CASE("a reference that Guepex cannot answer for keeps no other from being looked up") {
  stage s;
  guepex_stand_in courier;
  for (int n = 1; n <= 20; ++n) {
    s.order(fmt::format("R{}", n));
    courier.rows.push_back({fmt::format("yal-{}", n), fmt::format("R{}", n), "Centre"});
  }
  s.options.max_orders = 1; // the list is cut, so the rest is looked up
  auto picky = [&](const http::request& r) {
    if (r.target.find("order_id=") == std::string::npos || (r.target + ",").find("R13") == std::string::npos)
      return courier.answer(r);
    http::response bad;
    bad.status = 400;
    return bad;
  };
  sweep(s, courier_kind::guepex, picky);
  CHECK(s.db.number(R"sql(select count(*) from orders where "trackingNumber" is null)sql") == 1);
  CHECK(s.column("R13", "trackingNumber") == "NULL");
}

TEST_CASE(
    "orders of Nord West that share a number are none's own: they are not read, and listed as conflicting") {
  stage s;
  nord_west_stand_in courier;
  for (int n = 1; n <= 3; ++n)
    s.order(fmt::format("R{}", n), R"("trackingNumber")", fmt::format("'ECS{}'", n == 3 ? 2 : n));
  for (const char* number : {"ECS1", "ECS2"})
    courier.entries[number] = entry("fdr_activated", "2026-01-31 12:00:00");
  auto report = sweep(s, courier);
  CHECK(report.complete);
  CHECK(report.rows_expected == 1);
  CHECK(s.column("R1", "shippingStatus") == "EN LIVRAISON");
  CHECK(s.column("R2", "shippingStatus") == "NULL");
  CHECK(s.db.value("select string_agg(reference, ' ' order by reference) from suivi.sweep_conflict") ==
        "R2 R3");
}

TEST_CASE("a sample reads Nord West's orders by their numbers, whether their parcel is known here or not") {
  stage s;
  nord_west_stand_in courier;
  for (int n = 1; n <= 3; ++n)
    s.order(fmt::format("R{}", n), R"("trackingNumber")", fmt::format("'ECS{}'", n));
  s.order("R4", R"("trackingNumber")", "'ECS4'", "null"); // nobody's: it cannot be asked for
  for (const char* number : {"ECS1", "ECS2"})             // and ECS3 is unknown there
    courier.entries[number] = entry("fdr_activated", "2026-01-31 12:00:00");
  std::int64_t checked = 0, unreadable = -1;
  test::run_beside([&](const http::request& r) { return courier.answer(r); },
                   [&](shop::account who, http::client& client) -> task<void> {
                     who.courier.courier = courier_kind::nord_west;
                     who.courier.user = secret("id-1");
                     auto executor = co_await asio::this_coro::executor;
                     pg::pool_options pool;
                     pool.connect = s.db.options();
                     pg::pool connections(executor, pool);
                     reconciler::sample_question which{{"acc-1"}, {"acc-1"}, 100, true};
                     auto db = co_await connections.acquire(steady_now() + milliseconds(10'000));
                     auto drawn = co_await reconciler::draw_sample(**db, which);
                     REQUIRE(drawn.has_value());
                     reconciler::verify_options compared;
                     static_cast<reconciler::courier_options&>(compared) = s.options;
                     reconciler::verifier one(executor, connections, client, who, compared);
                     co_await one.read_singly((*drawn)["acc-1"]);
                     checked = one.found().checked();
                     unreadable = one.unreadable();
                     db = error{};
                     connections.close();
                   });
  CHECK(checked == 2);
  CHECK(unreadable == 0);
  CHECK(courier.batch_sizes == std::vector<std::size_t>{1, 1, 1});
}
