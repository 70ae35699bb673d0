// The door against a real shop: what it writes, what it leaves alone.
#include "tests/postgres/door/shop_database.hpp"

#include "common/door/legacy_links.hpp"

using namespace suivi;
using namespace suivi::shop;
using namespace suivi::test;

TEST_CASE("a sweep's row fills tracking number, courier id and status of its order") {
  shop_database shop;
  shop.add_orders(1, 3);
  auto verdicts = apply(shop, {a_row(10, 2, "u2", 31)});
  CHECK(verdicts.front().outcome == outcome::applied);
  CHECK(verdicts.front().order_id == "order-R2");
  CHECK(shop.column(2, "trackingNumber") == "track-u2");
  CHECK(shop.column(2, "maystroOrderId") == "u2");
  CHECK(shop.column(2, "shippingStatus") == "EXPÉDIÉ");
  CHECK(shop.column(2, "updatedAt") > "2026-01-02");
  CHECK(shop.column(1, "updatedAt") == "2026-01-01 00:00:00");
}

TEST_CASE("a missing tracking number is filled although the status text is right") {
  shop_database shop;
  shop.add_orders(1, 1);
  shop.sql(R"(update orders set "shippingStatus" = 'EXPÉDIÉ')");
  CHECK(apply(shop, {a_row(10, 1, "u1", 31)}).front().outcome == outcome::applied);
  CHECK(shop.column(1, "trackingNumber") == "track-u1");
}

TEST_CASE("applying the same rows again writes no row of the shop and none of the journal") {
  shop_database shop;
  shop.add_orders(1, 50);
  std::vector<observation> rows;
  for (int n = 1; n <= 50; ++n) {
    rows.push_back(a_row(10, n, fmt::format("u{}", n), n % 2 ? 41 : 32));
    rows.back().shipment.alerted_at = {true, at(3) + microseconds(123456)};
    rows.back().shipment.alert_reason = {true, "12"};
    rows.back().shipment.metadata = R"({"commune_name":"Hydra","display_id":"77","product_price":1500.50})";
  }
  for (const verdict& v : apply(shop, rows)) CHECK(v.outcome == outcome::applied);
  std::string versions = R"(select md5(string_agg(xmin::text, ',' order by "id")) from orders)";
  std::string before = shop.get(versions);
  std::string journal = shop.get("select count(*)::text from suivi.change");
  for (observation& again : rows) again.when = {as_of::shape::interval, at(20), at(21)};
  for (const verdict& v : apply(shop, rows)) CHECK(v.outcome == outcome::unchanged);
  CHECK(shop.get(versions) == before);
  CHECK(shop.get("select count(*)::text from suivi.change") == journal);
  CHECK(shop.get("select min(as_of_from)::text from suivi.parcel") == "2026-03-01 12:00:20+00");
}

TEST_CASE("PostgreSQL's own clock tells when a pull last showed a parcel, whatever the worker's says") {
  shop_database shop;
  shop.add_orders(1, 1);
  apply(shop, {a_row(1'000, 1, "u1", 31)});
  std::string age =
      "select count(*)::text from suivi.parcel where pull_stored_at > now() - interval '1 minute'";
  CHECK(shop.get(age) == "1");
  shop.sql("update suivi.parcel set pull_stored_at = now() - interval '1 day'");
  apply(shop, {push(1'100, 1, "u1", 32)}); // a webhook is no pull
  CHECK(shop.get(age) == "0");
  apply(shop, {a_row(1'200, 1, "u1", 32)});
  CHECK(shop.get(age) == "1");
  shop.sql("update suivi.parcel set pull_stored_at = now() - interval '1 day'");
  apply(shop, {a_row(900, 1, "u1", 32)}); // by a worker whose clock is behind
  CHECK(shop.get(age) == "1");
}

TEST_CASE("metadata is merged beside other keys and never into what is no object") {
  shop_database shop;
  shop.add_orders(1, 3);
  shop.sql(R"(update orders set "additionalMetaData" = '{"history":[1]}' where "id" = 'order-R1';
              update orders set "additionalMetaData" = '[1]' where "id" = 'order-R2';
              update orders set "additionalMetaData" = 'null' where "id" = 'order-R3')");
  std::vector<observation> rows{a_row(10, 1, "u1", 22), a_row(10, 2, "u2", 22), a_row(10, 3, "u3", 22)};
  for (observation& one : rows) one.shipment.metadata = R"({"display_id":"7"})";
  apply(shop, rows);
  CHECK(shop.column(1, "additionalMetaData") == R"({"history": [1], "maystro": {"display_id": "7"}})");
  CHECK(shop.column(2, "additionalMetaData") == "[1]");
  CHECK(shop.column(3, "additionalMetaData") == R"({"maystro": {"display_id": "7"}})");
}

TEST_CASE("a delivered parcel delivers the order and the journal tells the whole story") {
  shop_database shop;
  shop.add_orders(1, 1);
  observation event = push(5, 1, "u1", 41);
  event.event_id = 77;
  apply(shop, {push(1, 1, "u1", 31), event});
  CHECK(shop.column(1, "status") == "DELIVERED");
  CHECK(shop.get(R"(select string_agg(coalesce(from_value, '-') || '>' || to_value, ' ' order by id)
                    from suivi.change where order_id = 'order-R1' and field = 'shippingStatus')") ==
        "->EXPÉDIÉ EXPÉDIÉ>LIVRÉ");
  CHECK(shop.get("select field from suivi.change where event_id = 77 and field = 'status'") == "status");
}

TEST_CASE("an order of another account is never written and the conflict is told") {
  shop_database shop;
  shop.add_orders(1, 1, "'account-b'");
  CHECK(apply(shop, {a_row(10, 1, "u1", 31)}).front().outcome == outcome::conflict);
  CHECK(shop.column(1, "trackingNumber") == "NULL");
}

TEST_CASE("an adopted order keeps its account column empty and a second claim stops both") {
  shop_database shop;
  shop.add_orders(1, 1, "null");
  CHECK(apply(shop, {a_row(10, 1, "u1", 31)}).front().outcome == outcome::applied);
  CHECK(shop.column(1, "shippingAccountId") == "NULL");
  observation second = a_row(11, 1, "u9", 41);
  second.account = "account-b";
  CHECK(apply(shop, {second}).front().outcome == outcome::conflict);
  CHECK(apply(shop, {a_row(20, 1, "u1", 41)}).front().outcome == outcome::conflict);
  CHECK(shop.column(1, "shippingStatus") == "EXPÉDIÉ");
  shop.sql(R"(update orders set "shippingAccountId" = 'account-a')");
  CHECK(apply(shop, {a_row(20, 1, "u1", 41)}).front().outcome == outcome::applied);
}

TEST_CASE("a dry run tells what it would do and writes nothing at all") {
  shop_database shop;
  shop.add_orders(1, 1);
  door_options options;
  options.dry_run = true;
  auto verdicts = apply(shop, {a_row(10, 1, "u1", 31)}, options);
  CHECK(verdicts.front().outcome == outcome::applied);
  CHECK(verdicts.front().changes.size() == 3);
  CHECK(shop.column(1, "trackingNumber") == "NULL");
  CHECK(shop.get("select count(*)::text from suivi.parcel") == "0");
}

TEST_CASE("what the caller adds commits with the writes or rolls them back") {
  shop_database shop;
  shop.add_orders(1, 2);
  shop.sql("create table noted (outcome text); grant insert on noted to suivi_least");
  extra_statements notes = [](pg::pipeline& closing, std::span<const verdict> verdicts) {
    for (const verdict& v : verdicts)
      closing.add({"", "insert into noted values ($1)"}, pg::params().text(to_string(v.outcome)));
  };
  apply(shop, {a_row(10, 1, "u1", 31)}, {}, notes);
  CHECK(shop.get("select string_agg(outcome, ',') from noted") == "applied");

  extra_statements fails = [](pg::pipeline& closing, std::span<const verdict>) {
    closing.add({"", "select 1/0"});
  };
  run([](std::string url, extra_statements bad) -> task<void> {
    auto db = co_await connect(url);
    std::vector<observation> rows{a_row(10, 2, "u2", 31)};
    door_options options;
    auto refused = co_await shop::apply(db, rows, options, bad);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == "sqlstate:22012");
    CHECK(!db.in_transaction());
    auto after = co_await shop::apply(db, rows, options);
    REQUIRE(after.has_value());
    CHECK(after->front().outcome == outcome::applied);
  }(shop.db.url(), fails));
}

TEST_CASE("a tracking number in the shop's old column links an event that names no reference") {
  shop_database shop;
  shop.add_orders(1, 2);
  shop.sql(
      R"(update orders set "trackingNumber" = 'display-u1' where "id" = 'order-R1')"); // after the migration
  observation event = push(5, 1, "u1", 31);
  event.shipment.reference.reset();
  CHECK(apply(shop, {event}).front().outcome == outcome::unmatched);
  run([](std::string url) -> task<void> {
    auto db = co_await connect(url);
    std::vector<std::optional<std::string>> ids{"display-u1", "u1", "nobody's", std::nullopt};
    for (int twice = 0; twice < 2; ++twice) {
      auto found = co_await find_in_legacy_columns(db, ids);
      REQUIRE(found.has_value());
    }
  }(shop.db.url()));
  CHECK(apply(shop, {event}).front().outcome == outcome::applied);
  CHECK(shop.column(1, "maystroOrderId") == "u1");
  CHECK(shop.get("select count(*)::text from suivi.legacy_link") == "1");
}
