// The door's decisions on who is meant: accounts, several parcels of an order, old links, locks. Without a
// database.
#include "tests/unit/decision/shop_model.hpp"

using namespace suivi;
using namespace suivi::shop;

TEST_CASE("an order of another account is a conflict and stays as it is") {
  shop_model shop;
  shop.add_order("R1", "account-b");
  CHECK(shop.apply(a_row(10, "R1", "u1", 31)).outcome == outcome::conflict);
  CHECK(!shop.order("R1").columns.tracking);
  CHECK(shop.rows.parcels.empty());
}

TEST_CASE("an order without account belongs to who matched it first until a second one claims it") {
  shop_model shop;
  shop.add_order("R1", std::nullopt);
  CHECK(shop.apply(a_row(10, "R1", "u1", 31)).outcome == outcome::applied);
  observation other = a_row(11, "R1", "u2", 41);
  other.account = "account-b";
  CHECK(shop.apply(other).outcome == outcome::conflict);
  CHECK(shop.apply(a_row(12, "R1", "u1", 41)).outcome == outcome::conflict);
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  SUBCASE("then the shop sets the account") {
    shop.order("R1").account = "account-b";
    other.when = pull(20, 21);
    CHECK(shop.apply(other).outcome == outcome::applied);
    CHECK(shop.order("R1").columns.tracking == "track-u2");
    CHECK(shop.apply(a_row(22, "R1", "u1", 41)).outcome == outcome::conflict);
  }
  SUBCASE("and a webhook by uuid alone is a conflict too") {
    CHECK(shop.apply(push(30, "", "u1", 41)).outcome == outcome::conflict);
  }
}

TEST_CASE("with adoption off an order without account is not matched") {
  shop_model shop;
  shop.options.adopt_unassigned = false;
  shop.add_order("R1", std::nullopt);
  CHECK(shop.apply(a_row(10, "R1", "u1", 31)).outcome == outcome::unmatched);
}

TEST_CASE("an order shipped twice shows the newest parcel that does not go back, in any order of arrival") {
  for (bool reversed : {false, true}) {
    shop_model shop;
    shop.add_order("R1");
    observation old_one = a_row(10, "R1", "u1", 50, 1);
    observation new_one = a_row(10, "R1", "u2", 22, 2);
    shop.apply(reversed ? std::vector{new_one, old_one} : std::vector{old_one, new_one});
    CHECK(shop.order("R1").columns.tracking == "track-u2");
    CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
    CHECK(shop.apply(push(20, "", "u1", 52)).outcome == outcome::stale);
    CHECK(shop.order("R1").columns.tracking == "track-u2");
    // The new one comes back as well: the newest of all is shown.
    shop.apply(push(30, "", "u2", 51));
    CHECK(shop.order("R1").columns.shipping_status == "PRÊT À RETOURNER");
  }
}

TEST_CASE("when the shown parcel goes back the order shows the other one") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply({a_row(10, "R1", "u1", 22, 1), a_row(10, "R1", "u2", 22, 2)});
  CHECK(shop.order("R1").columns.tracking == "track-u2");
  CHECK(shop.apply(push(20, "", "u2", 50)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.tracking == "track-u1");
  CHECK(shop.order("R1").columns.shipping_status == "ASSIGNÉ");
}

TEST_CASE("a second parcel known by webhook only waits for a read that tells its age") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(10, "R1", "u1", 22, 1));
  verdict v = shop.apply(push(20, "R1", "u2", 22));
  CHECK(v.outcome == outcome::in_doubt);
  REQUIRE(v.wanted);
  CHECK(v.wanted->uuid == "u2");
  shop.apply(a_row(40, "R1", "u2", 22, 2));
  CHECK(shop.apply(push(20, "R1", "u2", 22)).outcome == outcome::unchanged);
  CHECK(shop.order("R1").columns.tracking == "track-u2");
}

TEST_CASE("a webhook by reference alone of an order shipped twice is older than what the courier shows of "
          "both, else it asks") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply({a_row(10, "R1", "u1", 50, 1), a_row(10, "R1", "u2", 22, 2)});
  observation event = push(20, "R1", "", 31);
  verdict v = shop.apply(event);
  CHECK(v.outcome == outcome::in_doubt);
  CHECK(v.unproven);
  REQUIRE(v.wanted);
  CHECK(!v.wanted->uuid);
  CHECK(v.wanted->not_before == at(20) + shop.options.read_lag + milliseconds(1));
  shop.apply(a_row(30, "R1", "u2", 22, 2)); // one of them is not enough
  CHECK(shop.apply(event).outcome == outcome::in_doubt);
  shop.apply(a_row(30, "R1", "u1", 50, 1));
  CHECK(shop.apply(event).outcome == outcome::stale);
  CHECK(shop.rows.parcels.size() == 2);
}

TEST_CASE("a nameless parcel is taken over by the next pull") {
  shop_model shop;
  shop.add_order("R1");
  observation nameless = push(5, "R1", "", 22);
  nameless.shipment.display_id = "display-u1";
  shop.apply(nameless);
  shop.apply(a_row(10, "R1", "u1", 31));
  CHECK(shop.rows.parcels.size() == 1);
  CHECK(shop.rows.parcels.front().uuid == "u1");
  nameless.when = webhook(20);
  nameless.shipment.reference.reset();
  nameless.shipment.status = 41;
  CHECK(shop.apply(nameless).outcome == outcome::applied); // found by its display id alone
}

TEST_CASE("the shop's old columns link an event that names no reference") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  order.columns.tracking = "display-u1";
  shop.rows.legacy_links.emplace("display-u1", order.id);
  CHECK(shop.apply(push(5, "", "u1", 31)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  SUBCASE("until the courier says whose it is") {
    shop.add_order("R2");
    shop.apply(a_row(10, "R2", "u1", 41));
    CHECK(shop.order("R2").columns.shipping_status == "LIVRÉ");
    CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  }
}

TEST_CASE("what one courier shows proves no account of another courier's webhook") {
  shop_model shop;
  shop.add_order("R1");
  observation row = a_row(10, "R1", "u1", 22);
  row.shipment.courier = courier_kind::guepex;
  row.shipment.status = parcel_state(std::string("CENTRE"));
  CHECK(shop.apply(row).outcome == outcome::applied);
  observation forged = push(20, "", "u1", 41);
  forged.account.clear();
  CHECK(shop.apply(forged).outcome == outcome::unmatched);
  CHECK(shop.order("R1").columns.shipping_status == "CENTRE");
  forged.shipment.courier = courier_kind::guepex;
  forged.shipment.status = parcel_state(std::string("LIVRÉ"));
  CHECK(shop.apply(forged).outcome == outcome::applied);
}

TEST_CASE("one old tracking number on several orders links none of them") {
  shop_model shop;
  for (const char* reference : {"R1", "R2"}) {
    order_row& order = shop.add_order(reference);
    order.columns.tracking = "display-u1";
    shop.rows.legacy_links.emplace("display-u1", order.id);
  }
  verdict named = shop.apply(push(5, "", "u1", 31));
  CHECK(named.outcome == outcome::in_doubt);
  CHECK(named.unproven);
  REQUIRE(named.wanted);
  CHECK(named.wanted->uuid == "u1");
  observation number_only = push(5, "", "", 31);
  number_only.shipment.tracking = "display-u1";
  CHECK(shop.apply(number_only).outcome == outcome::conflict);
  CHECK(!shop.order("R1").columns.shipping_status);
  CHECK(!shop.order("R2").columns.shipping_status);
}

TEST_CASE("a number that two parcels bear is no identity") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R2");
  for (const char* n : {"1", "2"}) {
    observation one = a_row(10, std::string("R") + n, std::string("u") + n, 31);
    one.shipment.display_id = "same";
    one.shipment.tracking.reset();
    shop.apply(one);
  }
  observation number_only = push(20, "", "", 41);
  number_only.shipment.display_id = "same";
  verdict v = shop.apply(number_only);
  CHECK(v.outcome == outcome::conflict);
  CHECK(v.why == "more than one parcel or order bears this number");
  SUBCASE("unless the reference says whose") {
    number_only.shipment.reference = "R2";
    CHECK(shop.apply(number_only).outcome == outcome::applied);
    CHECK(shop.order("R2").columns.shipping_status == "LIVRÉ");
  }
  SUBCASE("or the courier's answer by uuid does") {
    number_only.shipment.uuid = "u3";
    v = shop.apply(number_only);
    CHECK(v.outcome == outcome::in_doubt);
    REQUIRE(v.wanted);
    CHECK(v.wanted->uuid == "u3");
  }
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
}

TEST_CASE("an older observation never moves a parcel to another order") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R-mistyped");
  shop.apply(push(5, "R-mistyped", "u1", 22));
  CHECK(shop.apply(a_row(30, "R1", "u1", 31)).outcome == outcome::applied);
  for (as_of when : {webhook(6), untimed(6), as_of{}}) {
    observation late = push(6, "R-mistyped", "u1", 22);
    late.when = when;
    CHECK(shop.apply(late).outcome == outcome::stale);
  }
  CHECK(shop.apply(push(50, "", "u1", 41)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
  CHECK(shop.order("R1").columns.status == "DELIVERED");
  CHECK(shop.order("R-mistyped").columns.status == "CONFIRMED");
}

TEST_CASE("a webhook without a time never moves a parcel to another order before a read agrees") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R-mistyped");
  shop.apply(push(5, "R-mistyped", "u1", 22));
  shop.apply(a_row(10, "R1", "u1", 22));
  observation late = make_observation(source::webhook, untimed(20), "R-mistyped", "u1", 22);
  CHECK(shop.apply(late).outcome == outcome::in_doubt);
  late.decide_by_later_time = true;
  CHECK(shop.apply(late).outcome == outcome::in_doubt);
  shop.apply(a_row(40, "R1", "u1", 22));
  CHECK(shop.apply(late).outcome == outcome::stale);
  CHECK(shop.rows.parcels.front().order_id == "order-R1");
}

TEST_CASE("where neither is known to be newer, another order's reference asks the courier") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R2");
  shop.apply(a_row(10, "R1", "u1", 31));
  observation during = push(11, "R2", "u1", 31);
  verdict v = shop.apply(during);
  CHECK(v.outcome == outcome::in_doubt);
  REQUIRE(v.wanted);
  shop.apply(a_row(40, "R2", "u1", 31));
  CHECK(shop.apply(during).outcome == outcome::unchanged);
  CHECK(shop.order("R2").columns.tracking == "track-u1");
}

TEST_CASE("a parcel whose order was deleted is linked again by what is older too") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(10, "R1", "u1", 31));
  shop.rows.orders.clear();
  shop.add_order("R1").id = "order-anew";
  CHECK(shop.apply(push(5, "R1", "u1", 22)).order_id == "order-anew");
  CHECK(shop.apply(push(20, "", "u1", 41)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
}

TEST_CASE("a link whose order changed its reference or account is void") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(10, "R1", "u1", 31));
  SUBCASE("reference") {
    shop.order("R1").reference = "R1-edited";
  }
  SUBCASE("account") {
    shop.order("R1").account = "account-b";
  }
  CHECK(shop.apply(push(20, "", "u1", 41)).outcome == outcome::unmatched);
}

TEST_CASE("a locked order or parcel is busy and loses nothing") {
  shop_model shop;
  shop.add_order("R1").locked = false;
  CHECK(shop.apply(push(5, "R1", "u1", 31)).outcome == outcome::busy);
  shop.order("R1").locked = true;
  CHECK(shop.apply(push(5, "R1", "u1", 31)).outcome == outcome::applied);
  shop.rows.parcels.front().locked = false;
  CHECK(shop.apply(push(6, "R1", "u1", 41)).outcome == outcome::busy);
}
