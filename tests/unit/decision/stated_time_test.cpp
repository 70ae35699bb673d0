// Couriers that say since when a parcel is in its state, and whose states are texts.
#include "common/decision/as_of.hpp"
#include "common/decision/state_rules.hpp"
#include "tests/unit/decision/shop_model.hpp"

#include <optional>
#include <string>

using namespace suivi;
using namespace suivi::shop;

namespace {

as_of event_at(int since) {
  return {as_of::shape::stated_event, at(since), at(since)};
}
as_of row_at(int since, int requested) {
  return {as_of::shape::stated_row, at(since), at(requested)};
}
as_of answer_at(int since, int requested) {
  return {as_of::shape::stated_answer, at(since), at(requested)};
}

observation reported(source from, as_of when, const std::string& text,
                     const std::optional<std::string>& reason = {}) {
  observation o = make_observation(from, when, "R1", "yal-1", 0);
  o.shipment.courier = courier_kind::guepex;
  o.shipment.status = parcel_state(text);
  o.shipment.tracking = "yal-1";
  if (reason) o.shipment.alert_reason = {true, reason};
  if (from != source::webhook) o.shipment.created_at = at(0);
  return o;
}
observation event(int since, const std::string& text, const std::optional<std::string>& reason = {}) {
  return reported(source::webhook, event_at(since), text, reason);
}
observation listed(int since, int requested, const std::string& text) {
  return reported(source::sweep, row_at(since, requested), text);
}
observation answered(int since, int requested, const std::string& text) {
  return reported(source::confirm, answer_at(since, requested), text);
}

observation read(const std::string& number, int since, const std::string& text) {
  observation o = make_observation(source::sweep, answer_at(since, since + 1), "R1", number, 0);
  o.shipment.courier = courier_kind::nord_west;
  o.shipment.tracking = number;
  o.shipment.status = parcel_state(text);
  return o;
}

} // namespace

TEST_CASE("of two stated times the newer wins, whoever told it") {
  for (const as_of& older : {event_at(10), row_at(10, 90), answer_at(10, 90)})
    for (const as_of& newer : {event_at(11), row_at(11, 95), answer_at(11, 95)}) {
      CHECK(compare(older, newer) == relation::newer);
      if (newer.kind == as_of::shape::stated_event) continue;
      CHECK(compare(newer, event_at(10)) == relation::older);
    }
}

TEST_CASE("at equal times the courier's list or answer wins over a webhook") {
  CHECK(compare(event_at(10), row_at(10, 90)) == relation::newer);
  CHECK(compare(event_at(10), answer_at(10, 90)) == relation::newer);
  CHECK(compare(row_at(10, 90), event_at(10)) == relation::older);
  CHECK(compare(event_at(10), event_at(10)) == relation::doubt);
}

TEST_CASE("an event stamped after its receipt is in doubt beside what was stated between the two") {
  // The receiver's clock is 15 s behind the courier's; another receiver's, or the list's own times, are not.
  as_of capped = event_time(at(105), at(90));
  CHECK(capped.from == at(90));
  for (const as_of& known : {event_at(100), row_at(100, 101), answer_at(100, 101)}) {
    CHECK(compare(known, capped) == relation::doubt);
    CHECK(settled_by_read_from(known, capped, milliseconds(0)) > at(100));
  }
  CHECK(compare(row_at(105, 106), capped) == relation::older); // the very same change, or a later one
  CHECK(compare(event_at(80), capped) == relation::newer);
  CHECK(as_kept(capped) == event_at(90));
  CHECK(agreed(event_at(90), capped) == event_at(90));
}

TEST_CASE("a list row older than what a webhook told is in doubt, and an answer asked for later stands") {
  CHECK(compare(event_at(20), row_at(10, 90)) == relation::doubt);
  CHECK(compare(event_at(20), answer_at(10, 90)) == relation::newer);
  CHECK(compare(event_at(20), answer_at(10, 15)) == relation::doubt); // asked before it happened
}

TEST_CASE("of two answers the earlier request is the older one") {
  CHECK(compare(row_at(10, 90), row_at(10, 95)) == relation::newer);
  CHECK(compare(row_at(10, 95), row_at(10, 90)) == relation::older);
  CHECK(compare(row_at(20, 95), row_at(10, 90)) == relation::older);
}

TEST_CASE("a stated time against one that is not of the state counts by the request and the telling") {
  CHECK(compare(pull(50, 51), answer_at(10, 60)) == relation::newer);
  CHECK(compare(pull(50, 51), event_at(52)) == relation::newer);
  CHECK(compare(event_at(10), untimed(20)) == relation::newer);
  CHECK(compare(event_at(30), untimed(20)) == relation::older);
}

TEST_CASE("a text is shown as it is, with its tracking number, and nothing of Maystro's columns") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  CHECK(shop.apply(event(10, "SORTI EN LIVRAISON")).outcome == outcome::applied);
  CHECK(order.columns.shipping_status == "SORTI EN LIVRAISON");
  CHECK(order.columns.tracking == "yal-1");
  CHECK_FALSE(order.columns.maystro_order_id);
  CHECK(order.columns.status == "CONFIRMED");
  CHECK(shop.apply(event(20, "LIVRÉ")).outcome == outcome::applied);
  CHECK(order.columns.status == "DELIVERED");
  CHECK_FALSE(order.columns.abort_reason);
}

TEST_CASE("events in disorder never take a parcel back") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  shop.apply(event(20, "LIVRÉ"));
  CHECK(shop.apply(event(10, "SORTI EN LIVRAISON")).outcome == outcome::stale);
  CHECK(order.columns.shipping_status == "LIVRÉ");
}

TEST_CASE("a list row that contradicts a newer webhook is read once singly, and that answer stands") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  shop.apply(event(50, "LIVRÉ"));
  verdict doubtful = shop.apply(listed(10, 90, "CENTRE"));
  CHECK(doubtful.outcome == outcome::in_doubt);
  REQUIRE(doubtful.wanted);
  CHECK(doubtful.wanted->uuid == "yal-1");
  CHECK(shop.apply(answered(10, 95, "CENTRE")).outcome == outcome::applied);
  CHECK(order.columns.shipping_status == "CENTRE");
  CHECK(shop.apply(event(50, "LIVRÉ")).outcome == outcome::stale); // the webhook comes again
  CHECK(order.columns.shipping_status == "CENTRE");
  CHECK(shop.apply(listed(10, 120, "CENTRE")).outcome == outcome::unchanged); // and no other read is wanted
  CHECK(shop.apply(event(60, "LIVRÉ")).outcome == outcome::applied);
}

TEST_CASE(
    "an event that a courier's clock, ahead of ours, stamps later than its answer is not older: it is read") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  shop.apply(answered(50, 29, "CENTRE"));
  observation later = reported(source::webhook, event_time(at(60), at(30)), "LIVRÉ");
  verdict doubtful = shop.apply(later);
  CHECK(doubtful.outcome == outcome::in_doubt);
  REQUIRE(doubtful.wanted);
  CHECK(doubtful.wanted->not_before > at(60));
  SUBCASE("the answer agrees") {
    CHECK(shop.apply(answered(60, 40, "LIVRÉ")).outcome == outcome::applied);
    CHECK(shop.apply(later).outcome == outcome::unchanged);
  }
  SUBCASE("the answer knows nothing of it") {
    CHECK(shop.apply(answered(50, 75, "CENTRE")).outcome == outcome::unchanged);
    CHECK(shop.apply(later).outcome == outcome::stale);
    CHECK(order.columns.shipping_status == "CENTRE");
  }
}

TEST_CASE("a list row that agrees with a newer webhook is no doubt") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(event(50, "LIVRÉ"));
  CHECK(shop.apply(listed(10, 90, "LIVRÉ")).outcome == outcome::unchanged);
}

TEST_CASE("an alert is shown since its first observation, with its reason, until the state is another") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  shop.apply(event(10, "TENTATIVE ÉCHOUÉE", "Faux numéro"));
  CHECK(order.columns.alerted_at == at(10));
  CHECK(order.columns.alert_reason == "Faux numéro");
  shop.apply(listed(15, 90, "TENTATIVE ÉCHOUÉE")); // later, and without reason
  CHECK(order.columns.alerted_at == at(10));
  CHECK(order.columns.alert_reason == "Faux numéro");
  shop.apply(event(100, "TENTATIVE ÉCHOUÉE", "Client absent (échoué)"));
  CHECK(order.columns.alert_reason == "Client absent (échoué)");
  shop.apply(event(110, "EN ALERTE"));
  CHECK(order.columns.alerted_at == at(110));
  CHECK_FALSE(order.columns.alert_reason);
  shop.apply(event(120, "SORTI EN LIVRAISON"));
  CHECK_FALSE(order.columns.alerted_at);
  CHECK_FALSE(order.columns.alert_reason);
}

TEST_CASE("a webhook without a time asks first where it contradicts what is known") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  shop.apply(listed(10, 20, "CENTRE"));
  CHECK(shop.apply(reported(source::webhook, untimed(60), "VERS WILAYA")).outcome == outcome::in_doubt);
  CHECK(shop.apply(reported(source::webhook, untimed(61), "CENTRE")).outcome == outcome::unchanged);
  CHECK(order.columns.shipping_status == "CENTRE");
}

TEST_CASE("a signed webhook is believed where an unsigned one would have to be confirmed") {
  shop_model shop;
  shop.options.confirm_terminal = true;
  shop.add_order("R1");
  CHECK(shop.apply(event(10, "LIVRÉ")).outcome == outcome::in_doubt);
  observation by_courier = event(10, "LIVRÉ");
  by_courier.is_signed = true;
  CHECK(shop.apply(by_courier).outcome == outcome::applied);
}

TEST_CASE("a word without a state brings ids alone") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  observation link = event(10, "CENTRE");
  link.shipment.status.reset();
  CHECK(shop.apply(link).outcome == outcome::applied);
  CHECK(order.columns.tracking == "yal-1");
  CHECK_FALSE(order.columns.shipping_status);
  CHECK(shop.apply(link).outcome == outcome::unchanged);
  CHECK(shop.apply(event(5, "CENTRE")).outcome == outcome::applied);
  CHECK(order.columns.shipping_status == "CENTRE");
  CHECK(shop.apply(link).outcome == outcome::unchanged);
}

TEST_CASE("what the old system wrote without having understood counts as not set") {
  CHECK_FALSE(is_set(std::optional<std::string>("undefined")));
  CHECK_FALSE(is_set(std::optional<std::string>("UNDEFINED")));
  CHECK_FALSE(is_set(std::nullopt));
  CHECK(is_set(std::optional<std::string>("Undefined")));
  shop_model shop;
  order_row& order = shop.add_order("R1");
  order.columns.shipping_status = "undefined";
  order.columns.tracking = "yal-0";
  observation blank = event(0, "CENTRE");
  blank.when = {};
  CHECK(shop.apply(blank).outcome == outcome::applied);
  CHECK(order.columns.shipping_status == "CENTRE");
  CHECK(order.columns.tracking == "yal-0");
}

TEST_CASE("a tracking number that the shop says itself is never written, and says which parcel is shown") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  order.columns.tracking = "ECS1";
  CHECK(shop.apply(read("ECS1", 10, "EN LIVRAISON")).outcome == outcome::applied);
  CHECK(order.columns.tracking == "ECS1");
  CHECK(order.columns.shipping_status == "EN LIVRAISON");
  order.columns.tracking = "ECS2"; // shipped again by the shop
  CHECK(shop.apply(read("ECS2", 5, "UPLOADÉ SUR LE SYSTÈME")).outcome == outcome::applied);
  CHECK(order.columns.shipping_status == "UPLOADÉ SUR LE SYSTÈME");
  CHECK(shop.apply(read("ECS1", 30, "SUSPENDU")).outcome == outcome::stale);
  CHECK(order.columns.tracking == "ECS2");
  CHECK_FALSE(order.columns.alerted_at);
}

TEST_CASE("money that moves after delivery delivers the order, and is delivered once") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  order.columns.tracking = "ECS1";
  shop.apply(read("ECS1", 10, "MONTANT TRANSMIS AU PARTENAIRE"));
  CHECK(order.columns.status == "DELIVERED");
  order.columns.status = "CONFIRMED"; // by hand
  shop.apply(read("ECS1", 20, "MONTANT REÇU PAR LE PARTENAIRE"));
  CHECK(order.columns.status == "CONFIRMED");
}

TEST_CASE("metadata is kept under the courier's own slug") {
  shop_model shop;
  order_row& order = shop.add_order("R1");
  order.columns.metadata[index_of(courier_kind::maystro)] = R"({"id":1})";
  observation with = listed(10, 20, "CENTRE");
  with.shipment.metadata = R"({"price":2500})";
  shop.apply(with);
  CHECK(order.columns.metadata[index_of(courier_kind::guepex)] == R"({"price":2500})");
  CHECK(order.columns.metadata[index_of(courier_kind::maystro)] == R"({"id":1})");
}

TEST_CASE("an order of an account that is another courier's since shows that courier's parcel, though the "
          "former's was made later") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(10, "R1", "u1", 31, 1'000));
  CHECK(shop.order("R1").columns.shipping_status == "EXPÉDIÉ");
  CHECK(shop.apply(listed(20, 30, "CENTRE")).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.shipping_status == "CENTRE");
  CHECK(shop.order("R1").columns.tracking == "yal-1");
  CHECK(shop.apply(event(40, "LIVRÉ")).outcome == outcome::applied);
  CHECK(shop.order("R1").columns.status == "DELIVERED");
}
