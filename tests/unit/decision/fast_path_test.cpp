// Which observations the fast path settles: reference, uuid and account named, the order locked, its parcel
// not astray.
#include "tests/unit/decision/shop_model.hpp"

#include "common/decision/fast_path.hpp"

using namespace suivi;
using namespace suivi::shop;

namespace {

std::size_t left_open(const shop_model& shop, const observation& observed) {
  std::vector<observation> one{observed};
  return not_settled(shop.rows, one, shop.options.adopt_unassigned).size();
}

parcel_row parcel_of(std::string uuid, std::string order_id, bool locked) {
  parcel_row parcel;
  parcel.id = 1;
  parcel.account = "account-a";
  parcel.uuid = std::move(uuid);
  parcel.order_id = std::move(order_id);
  parcel.status = 31;
  parcel.locked = locked;
  return parcel;
}

} // namespace

TEST_CASE("an observation with account, reference and uuid of a locked order needs no second look") {
  shop_model shop;
  shop.add_order("R1");
  observation observation = a_row(10, "R1", "u1", 31);
  CHECK(left_open(shop, observation) == 0);
  shop.rows.parcels.push_back(parcel_of("u1", "order-R1", true));
  CHECK(left_open(shop, observation) == 0);
  SUBCASE("without account") {
    observation.account.clear();
  }
  SUBCASE("without reference") {
    observation.shipment.reference.reset();
  }
  SUBCASE("without uuid") {
    observation.shipment.uuid.reset();
  }
  SUBCASE("with a reference that is no order's") {
    observation.shipment.reference = "R2";
  }
  SUBCASE("with an order that is locked by somebody else") {
    shop.rows.orders.front().locked = false;
  }
  SUBCASE("with a parcel of an order that is not locked") {
    shop.rows.parcels.front().locked = false;
  }
  SUBCASE("with an order without account that must not be adopted") {
    shop.rows.orders.front().account.reset();
    CHECK(left_open(shop, observation) == 0);
    shop.options.adopt_unassigned = false;
  }
  CHECK(left_open(shop, observation) == 1);
}

TEST_CASE("a uuid is looked for where the locked order has no such parcel of that account") {
  shop_model shop;
  shop.add_order("R1");
  observation observed = a_row(10, "R1", "u1", 31);
  shop.rows.parcels.push_back(parcel_of("u1", "order-R1", true));
  std::vector<std::string> expected;
  SUBCASE("not where it has") {}
  SUBCASE("nor where the observation goes further anyway") {
    shop.rows.parcels.clear();
    observed.shipment.reference = "R2";
  }
  SUBCASE("but where it has none") {
    shop.rows.parcels.clear();
    expected = {"u1"};
  }
  SUBCASE("or another account's") {
    shop.rows.parcels.front().account = "account-b";
    expected = {"u1"};
  }
  SUBCASE("or one that is not locked") {
    shop.rows.parcels.front().locked = false;
    expected = {"u1"};
  }
  std::vector<observation> twice{observed, observed};
  CHECK(uuids_not_met(shop.rows, twice, shop.options.adopt_unassigned) == expected);
}

TEST_CASE("rows read later take the place of those read before") {
  shop_model shop;
  shop.add_order("R1");
  shop.rows.parcels.push_back(parcel_of("u1", "order-R1", false));
  snapshot later;
  later.orders.push_back(shop.rows.orders.front());
  later.orders.push_back(shop.rows.orders.front());
  later.orders.front().adopted_by = "account-b";
  later.orders.back().id = "order-R2";
  later.parcels.push_back(parcel_of("u1", "order-R2", true));
  later.legacy_links.emplace("u9", "order-R2");
  add_rows(shop.rows, later);
  REQUIRE(shop.rows.orders.size() == 2);
  CHECK(shop.rows.orders.front().adopted_by == "account-b");
  REQUIRE(shop.rows.parcels.size() == 1);
  CHECK(shop.rows.parcels.front().order_id == "order-R2");
  CHECK(shop.rows.parcels.front().locked);
  CHECK(shop.rows.legacy_links.size() == 1);
}
