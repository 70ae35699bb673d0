// What an unlocked look settles: what writes nothing and has nothing in common with what does.
#include "common/decision/unlocked_look.hpp"
#include "tests/unit/decision/shop_model.hpp"

#include <string>
#include <vector>

using namespace suivi;
using namespace suivi::shop;

namespace {

// Two orders with a parcel each, as of second 10.
shop_model two_orders() {
  shop_model shop;
  shop.add_order("R1");
  shop.add_order("R2");
  shop.apply({a_row(10, "R1", "u1", 31), a_row(10, "R2", "u2", 31)});
  for (parcel_row& parcel : shop.rows.parcels) parcel.locked = true;
  return shop;
}

std::string settled(const shop_model& shop, const std::vector<observation>& observations) {
  looked_over probed = look_over(shop.rows, observations, shop.options);
  std::string text;
  for (const verdict& v : probed.verdicts) text += v.unlocked ? 'y' : 'n';
  CHECK(probed.unsettled.size() == probed.places.size());
  for (std::size_t n = 0; n < probed.places.size(); ++n) CHECK(text[probed.places[n]] == 'n');
  return text;
}

} // namespace

TEST_CASE("what tells nothing new and what is older need no lock") {
  shop_model shop = two_orders();
  CHECK(settled(shop, {push(5, "R1", "u1", 31), push(5, "R2", "u2", 22)}) == "yy");
  CHECK(settled(shop, {}).empty());
}

TEST_CASE("a change, a newer time and a new parcel are for the locks") {
  shop_model shop = two_orders();
  CHECK(settled(shop, {push(20, "R1", "u1", 32), push(5, "R2", "u2", 31)}) == "ny");
  CHECK(settled(shop, {push(20, "R1", "u1", 31), push(5, "R2", "u2", 31)}) == "ny");
  CHECK(settled(shop, {push(20, "R1", "u9", 31), push(5, "R2", "u2", 31)}) == "ny");
}

TEST_CASE("what is about an order or a parcel of something undecided waits for it") {
  shop_model shop = two_orders();
  CHECK(settled(shop, {push(5, "R1", "u1", 31), push(20, "R1", "u1", 32)}) == "nn");
  // The parcel told of another order, and what is told of that one.
  CHECK(settled(shop, {push(5, "R1", "u1", 31), push(20, "R2", "u1", 31), push(5, "R2", "u2", 31)}) == "nnn");
  // An order that nobody knows, with a parcel that is known.
  CHECK(settled(shop, {push(5, "R1", "u1", 31), push(20, "R3", "u1", 31), push(5, "R2", "u2", 31)}) == "nny");
  observation blank = push(20, "R1", "", 32);
  blank.shipment.reference = " R1 ";
  CHECK(settled(shop, {push(5, "R1", "u1", 31), blank}) == "nn");
}

TEST_CASE("whose account is not the order's, or is not known, is for the locks") {
  shop_model shop = two_orders();
  observation other = push(5, "R1", "u1", 31);
  SUBCASE("another") {
    other.account = "account-b";
  }
  SUBCASE("none") {
    other.account.clear();
  }
  SUBCASE("an order of nobody's") {
    shop.order("R1").account.reset();
  }
  CHECK(settled(shop, {other, push(5, "R2", "u2", 31)}) == "ny");
}
