// The door decides when an order becomes delivered. Without a database.
#include "tests/unit/decision/shop_model.hpp"

using namespace suivi;
using namespace suivi::shop;

TEST_CASE("a delivery that fills a blank state delivers the order") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R2").columns.status = "CANCELLED";
  for (std::string number : {"1", "2"}) {
    observation replayed = make_observation(source::replay, as_of{}, "R" + number, "u" + number, 41);
    CHECK(shop.apply(replayed).outcome == outcome::applied);
    CHECK(shop.order("R" + number).columns.shipping_status == "LIVRÉ");
  }
  CHECK(shop.order("R1").columns.status == "DELIVERED");
  CHECK(shop.order("R2").columns.status == "CANCELLED");
}

TEST_CASE("a delivery known from an observation of unknown time delivers the order once it is shown") {
  shop_model shop;
  shop.add_order("R1").columns.shipping_status = "EXPÉDIÉ";
  std::string status = shop.order("R1").columns.status;
  CHECK(shop.apply(make_observation(source::replay, as_of{}, "R1", "u1", 41)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  CHECK(shop.order("R1").columns.status == status);
  CHECK(shop.apply(push(1, "R1", "u1", 41)).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "LIVRÉ");
  CHECK(shop.order("R1").columns.status == "DELIVERED");
}

TEST_CASE("a delivered order whose status the shop changed stays as the shop has it") {
  shop_model shop;
  shop.add_order("R1");
  CHECK(shop.apply(push(1, "R1", "u1", 41)).outcome == outcome::applied);
  shop.order("R1").columns.status = "CONFIRMED";
  CHECK(shop.apply(push(2, "R1", "u1", 41)).outcome == outcome::unchanged);
  CHECK(shop.apply(a_row(3, "R1", "u1", 41)).outcome != outcome::stale);
  CHECK(shop.order("R1").columns.status == "CONFIRMED");
}
