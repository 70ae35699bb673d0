// What is kept of a decision whose order cannot be written.
#include "common/decision/moved_links.hpp"
#include "tests/unit/decision/shop_model.hpp"

using namespace suivi;
using namespace suivi::shop;

TEST_CASE("of a decision that cannot be written a parcel's new order is kept and neither state nor order") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R2");
  shop.apply(a_row(0, "R1", "u1", 31));
  const std::vector<parcel_row> before = shop.rows.parcels;
  const std::vector<observation> reported{a_row(10, "R2", "u1", 41), a_row(10, "R2", "u2", 41)};
  decision kept = only_moved_links(decide(shop.rows, reported, shop.options), before);
  CHECK(kept.verdicts.size() == 2);
  CHECK(kept.orders.empty());
  CHECK(kept.journal.empty());
  CHECK(kept.new_parcels.empty());
  REQUIRE(kept.changed_parcels.size() == 1);
  const parcel_row& moved = kept.changed_parcels.front();
  CHECK(moved.order_id == "order-R2");
  CHECK(moved.reference == "R2");
  CHECK(moved.status == before.front().status);
  CHECK(moved.when == before.front().when);
}

TEST_CASE("of a decision that moves no parcel nothing is kept") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(0, "R1", "u1", 31));
  const std::vector<observation> reported{a_row(10, "R1", "u1", 41)};
  decision kept = only_moved_links(decide(shop.rows, reported, shop.options), shop.rows.parcels);
  CHECK(kept.changed_parcels.empty());
  CHECK(kept.orders.empty());
}

TEST_CASE("an order that shows nothing yet becomes delivered though its parcel was before") {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R2");
  shop.apply(a_row(0, "R1", "u1", 41));
  for (parcel_row& parcel : shop.rows.parcels) parcel.order_id = "order-R2", parcel.reference = "R2";
  shop.apply(a_row(10, "R2", "u1", 41));
  CHECK(shop.order("R2").columns.status == "DELIVERED");
}
