// What counts as a difference, over literal rows.
#include "reconciler/verify/compare/comparison.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");

shop::order_row order(std::string reference, std::string tracking = "T1", std::string status = "EXPÉDIÉ") {
  shop::order_row o;
  o.id = "o-" + reference;
  o.reference = reference;
  o.account = "acc-1";
  o.locked = true;
  o.columns.tracking = tracking;
  o.columns.shipping_status = status;
  o.columns.maystro_order_id = "u1";
  o.columns.status = "CONFIRMED";
  return o;
}

shop::parcel_row parcel(std::string uuid, std::string reference, int status, instant created_at) {
  shop::parcel_row p;
  p.id = 1;
  p.account = "acc-1";
  p.uuid = uuid;
  p.reference = reference;
  p.order_id = "o-" + reference;
  p.link = shop::link_strength::reference;
  p.tracking = "T" + uuid.substr(1);
  p.strength = tracking_strength::tracking_number;
  p.status = status;
  p.created_at = created_at;
  p.when = {shop::as_of::shape::interval, noon - 1h, noon - 1h};
  p.locked = true;
  return p;
}

shop::observation row(std::string uuid, std::string reference, int status, instant created_at) {
  shop::observation o;
  o.account = "acc-1";
  o.from = shop::source::sweep;
  o.when = {shop::as_of::shape::interval, noon, noon};
  o.shipment.uuid = uuid;
  o.shipment.reference = reference;
  o.shipment.tracking = "T" + uuid.substr(1);
  o.shipment.status = status;
  o.shipment.created_at = created_at;
  return o;
}

comparison compared(const shop::snapshot& known, std::vector<std::vector<shop::observation>> pages) {
  comparison c{shop::door_options{}};
  for (const auto& page : pages) c.take(known, page);
  return c;
}

} // namespace

TEST_CASE("an order that says what the courier says is checked and no difference") {
  shop::snapshot known{{order("R1")}, {}, {}};
  auto c = compared(known, {{row("u1", "R1", 31, noon)}});
  CHECK(c.checked() == 1);
  CHECK(c.differences().empty());
}

TEST_CASE("a difference names account, reference, field and both sides") {
  shop::snapshot known{{order("R1", "T1", "CRÉÉ")}, {}, {}};
  known.orders.front().columns.abort_reason = "21";
  auto observation = row("u1", "R1", 41, noon);
  observation.shipment.abort_reason = {true, std::nullopt};
  auto found = compared(known, {{observation}}).differences();
  REQUIRE(found.size() == 2); // and none of `status`, which is the shop's own
  CHECK(found[0].field == "abortReason");
  CHECK_FALSE(found[0].courier);
  CHECK(found[1].account == "acc-1");
  CHECK(found[1].reference == "R1");
  CHECK(found[1].field == "shippingStatus");
  CHECK(found[1].shop == "CRÉÉ");
  CHECK(found[1].courier == "LIVRÉ");
}

TEST_CASE("rows without an order here and orders of another account are no difference") {
  shop::snapshot known{{order("R2", "T9", "CRÉÉ")}, {}, {}};
  known.orders.front().account = "acc-2";
  auto c = compared(known, {{row("u1", "R1", 31, noon), row("u2", "R2", 31, noon)}});
  CHECK(c.checked() == 0);
  CHECK(c.differences().empty());
}

TEST_CASE("what was known before is no reason against the courier's present word") {
  shop::snapshot known{{order("R1", "T1", "EXPÉDIÉ")}, {parcel("u1", "R1", 31, noon)}, {}};
  known.parcels.front().when = {shop::as_of::shape::interval, noon + 1h, noon + 1h};
  CHECK(compared(known, {{row("u1", "R1", 41, noon)}}).differences().size() == 1);
}

TEST_CASE("metadata is compared where a sweep had the last word and may lag behind a webhook") {
  shop::snapshot known{{order("R1")}, {parcel("u1", "R1", 31, noon)}, {}};
  auto observation = row("u1", "R1", 31, noon);
  observation.shipment.metadata = R"({"wilaya":"Oran"})";
  CHECK(compared(known, {{observation}}).differences().empty());
  known.parcels.front().from = shop::source::sweep;
  auto found = compared(known, {{observation}}).differences();
  REQUIRE(found.size() == 1);
  CHECK(found[0].field == "additionalMetaData");
}

TEST_CASE("a weaker tracking than the known one is no difference") {
  shop::snapshot known{{order("R1")}, {parcel("u1", "R1", 31, noon)}, {}};
  auto observation = row("u1", "R1", 31, noon);
  observation.shipment.tracking.reset();
  observation.shipment.display_id = "77";
  CHECK(compared(known, {{observation}}).differences().empty());
}

TEST_CASE(
    "of several parcels the one that the order shall show counts, on whatever pages and in whatever order") {
  shop::snapshot known{{order("R1", "T2")}, {}, {}};
  known.orders.front().columns.maystro_order_id = "u2";
  auto earlier = row("u1", "R1", 52, noon - 48h), later = row("u2", "R1", 31, noon);
  CHECK(compared(known, {{earlier}, {later}}).differences().empty());
  CHECK(compared(known, {{later}, {earlier}}).differences().empty());
  CHECK(compared(known, {{later, earlier}}).checked() == 1);
  earlier.shipment.status = 31;
  later.shipment.status = 50; // goes back: the earlier one is shown then
  CHECK(compared(known, {{earlier}, {later}}).differences().size() == 2);
}

TEST_CASE("a parcel that is gone at the courier leaves its columns") {
  shop::snapshot known{
      {order("R1", "T2")}, {parcel("u1", "R1", 31, noon - 48h), parcel("u2", "R1", 31, noon)}, {}};
  known.orders.front().columns.maystro_order_id = "u2";
  CHECK(compared(known, {{row("u1", "R1", 31, noon - 48h)}}).differences().empty());
}

TEST_CASE("a difference that a second reading does not show is dropped") {
  shop::snapshot before{{order("R1", "T1", "CRÉÉ")}, {parcel("u1", "R1", 31, noon)}, {}}, after = before;
  before.parcels.front().when = {shop::as_of::shape::point, noon, noon};
  after.orders.front().columns.shipping_status = "LIVRÉ";
  auto first = compared(before, {{row("u1", "R1", 41, noon)}});
  auto doubtful = first.to_confirm(10s);
  REQUIRE(doubtful.size() == 1);
  CHECK(doubtful[0].order_id == "o-R1");
  CHECK(doubtful[0].parcels.at(0).uuid == "u1");
  CHECK(doubtful[0].behind_until == noon + 10s);
  auto still = compared(before, {{row("u1", "R1", 41, noon)}});
  first.confirm("o-R1", still);
  CHECK(first.differences().size() == 1);
  auto settled = compared(after, {{row("u1", "R1", 41, noon)}});
  first.confirm("o-R1", settled);
  CHECK(first.differences().empty());
}

TEST_CASE(
    "which of several parcels is the newest is open where one has no time and none decides by its state") {
  shop::snapshot known;
  known.orders = {order("R1")};
  auto dated = row("u1", "R1", 31, noon - 2h), undated = row("u2", "R1", 22, noon);
  undated.shipment.created_at.reset();
  CHECK(compared(known, {{dated}}).undecided().empty());
  CHECK(compared(known, {{undated}}).undecided().empty());
  CHECK(compared(known, {{dated, undated}}).undecided() == std::vector<std::string>{"R1"});
  undated.shipment.status = 52;
  CHECK(compared(known, {{dated, undated}}).undecided().empty());
  dated.shipment.status = 52;
  CHECK(compared(known, {{dated, undated}}).undecided() == std::vector<std::string>{"R1"});
}
