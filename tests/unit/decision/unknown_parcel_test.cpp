// What the shop's row has of a parcel that no pull has shown: after the schema suivi was lost, and where
// another system ran the shop before.
#include "tests/unit/decision/shop_model.hpp"

using namespace suivi;
using namespace suivi::shop;

namespace {

// A webhook that has the parcel's uuid, and no number.
observation word_of(const std::string& uuid, int status, int second = 10) {
  observation reported = push(second, "R1", uuid, status);
  reported.shipment.tracking.reset();
  reported.shipment.display_id.reset();
  return reported;
}

order_row& order_with(shop_model& shop, const char* tracking, const char* courier_id) {
  order_row& order = shop.add_order("R1");
  order.columns.shipping_status = "ASSIGNÉ";
  order.columns.tracking = tracking;
  if (courier_id != nullptr) order.columns.maystro_order_id = courier_id;
  return order;
}

} // namespace

TEST_CASE("the shop's number of a parcel that no pull has shown is not replaced by its weaker names") {
  for (const char* courier_id : {"u1", "undefined", "", static_cast<const char*>(nullptr)}) {
    CAPTURE(courier_id);
    shop_model shop;
    order_with(shop, "track-of-the-shop", courier_id);
    CHECK(shop.apply(word_of("u1", 31)).outcome == outcome::applied);
    CHECK(shop.order("R1").columns.tracking == "track-of-the-shop");
    CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
    observation named = word_of("u1", 32, 11);
    named.shipment.display_id = "17";
    shop.apply(named); // the parcel is known by now, and still no pull has shown it
    CHECK(shop.order("R1").columns.tracking == "track-of-the-shop");
    observation numbered = word_of("u1", 31, 12);
    numbered.shipment.tracking = "track-u1";
    shop.apply(numbered);
    CHECK(shop.order("R1").columns.tracking == "track-u1");
  }
}

TEST_CASE("a pull has the last word on the number, and another parcel's is none of this one's") {
  shop_model shop;
  order_with(shop, "track-of-the-shop", "u1");
  observation row = a_row(20, "R1", "u1", 31);
  row.shipment.tracking.reset();
  row.shipment.display_id = "17";
  shop.apply(row);
  CHECK(shop.order("R1").columns.tracking == "17");

  shop_model other;
  order_with(other, "track-of-another", "u-another");
  other.apply(word_of("u1", 31));
  CHECK(other.order("R1").columns.tracking == "u1");
}

TEST_CASE("a name that the order shows is replaced by a stronger one") {
  shop_model shop;
  order_with(shop, "u1", "u1");
  observation named = word_of("u1", 31);
  named.shipment.display_id = "17";
  shop.apply(named);
  CHECK(shop.order("R1").columns.tracking == "17");
}
