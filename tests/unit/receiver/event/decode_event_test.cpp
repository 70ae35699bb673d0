// Which courier's a stored body is, and what it says.
#include "receiver/event/decode_event.hpp"

#include "receiver/event/webhook.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::receiver;

namespace {

std::string delivery(std::string_view type, std::string_view elements) {
  return fmt::format(R"({{"type":"{}","events":[{}]}})", type, elements);
}

constexpr std::string_view arrived = R"({"event_id":"e1","occurred_at":"2026-01-31 12:00:00",
  "data":{"tracking":"yal-1","status":"Livré","order_id":"CMD-1"}})";

webhook stored(const std::string& body, const std::string& account = "acc-g") {
  return to_webhook(body, account, *parse_instant("2026-01-31T12:00:00Z"));
}

} // namespace

TEST_CASE("a Guepex event is read with its courier, its text and its time") {
  courier_event decoded = decode_event(delivery("parcel_status_updated", arrived));
  CHECK(decoded.kind == event_kind::order);
  CHECK(decoded.name == "parcel_status_updated");
  CHECK(decoded.message_id == "e1");
  CHECK(decoded.shipment.courier == courier_kind::guepex);
  CHECK(decoded.shipment.status == parcel_state(std::string("LIVRÉ")));
  CHECK(decoded.shipment.reference == "CMD-1");
  CHECK(decoded.published_at == parse_instant("2026-01-31T11:00:00Z"));
  CHECK(decoded.body.has_value());
}

TEST_CASE("a Maystro body is read as before") {
  courier_event decoded = decode_event(R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":41}})");
  CHECK(decoded.kind == event_kind::order);
  CHECK(decoded.shipment.courier == courier_kind::maystro);
  CHECK(decoded.shipment.status == 41);
}

TEST_CASE("a delivery is split into webhooks that are each read alone") {
  split_delivery split =
      split_events(delivery("parcel_created", std::string(arrived) + R"(,{"event_id":"e2","data":{
    "tracking":"yal-2","order_id":"CMD-2"}},7)"));
  REQUIRE(split.bodies.size() == 3);
  CHECK(decode_event(split.bodies[0]).shipment.status.has_value());
  courier_event link = decode_event(split.bodies[1]);
  CHECK(link.kind == event_kind::order);
  CHECK_FALSE(link.shipment.status.has_value());
  CHECK(can_be_applied(link.shipment));
  CHECK(decode_event(split.bodies[2]).kind == event_kind::not_understood);
  CHECK_FALSE(split_events("no JSON").why.empty());
}

TEST_CASE("a Guepex event is seen before by account and event id, else by bytes and time") {
  std::string first = split_events(delivery("parcel_status_updated", arrived)).bodies.at(0);
  std::string reworded =
      split_events(delivery("parcel_status_updated",
                            R"({"event_id":"e1","data":{"tracking":"yal-1","status":"Centre"}})"))
          .bodies.at(0);
  CHECK(stored(first).key.bytes == stored(reworded).key.bytes);
  CHECK(stored(first).key.bytes != stored(first, "acc-other").key.bytes);
  CHECK_FALSE(stored(first).key.expiring);
  auto nameless = [](std::string_view at) {
    return split_events(
               delivery("parcel_status_updated",
                        fmt::format(
                            R"({{"occurred_at":"{}","data":{{"tracking":"yal-1","status":"Centre"}}}})", at)))
        .bodies.at(0);
  };
  CHECK(stored(nameless("2026-01-31 12:00:00")).key.bytes ==
        stored(nameless("2026-01-31 12:00:00")).key.bytes);
  CHECK(stored(nameless("2026-01-31 12:00:00")).key.bytes !=
        stored(nameless("2026-01-31 12:00:01")).key.bytes);
}

TEST_CASE("that an event was signed is kept in its bytes, and makes it no other event") {
  std::string body = split_events(delivery("parcel_status_updated", arrived)).bodies.at(0);
  std::string nameless =
      split_events(delivery("parcel_status_updated", R"({"data":{"tracking":"yal-1","status":"Livré"}})"))
          .bodies.at(0);
  for (const std::string& one : {body, nameless}) {
    std::string marked = marked_as_signed(one);
    CHECK(to_observation(stored(marked)).is_signed);
    CHECK_FALSE(to_observation(stored(one)).is_signed);
    CHECK(stored(marked).key.bytes == stored(one).key.bytes);
    CHECK(decode_event(marked).body == decode_event(one).body);
    CHECK_FALSE(to_observation(stored(without_claim(marked))).is_signed); // a sender's own blank
  }
}

TEST_CASE("a Guepex event is as of when it occurred, without a time at latest as of its receipt") {
  std::string timed = split_events(delivery("parcel_status_updated", arrived)).bodies.at(0);
  shop::observation observed = to_observation(stored(timed));
  CHECK(observed.when.kind == shop::as_of::shape::stated_event);
  CHECK(observed.when.from == parse_instant("2026-01-31T11:00:00Z"));
  std::string untimed =
      split_events(delivery("parcel_status_updated", R"({"data":{"tracking":"yal-1","status":"Centre"}})"))
          .bodies.at(0);
  CHECK(to_observation(stored(untimed)).when.kind == shop::as_of::shape::untimed);
}

TEST_CASE("a name that no index could hold is none, and the event is applied all the same") {
  auto decoded = decode_event(R"({"event":")" + std::string(257, 'E') +
                              R"(","payload":{"id":"u1","status":31,"external_order_id":"R1"}})");
  CHECK(decoded.kind == event_kind::order);
  CHECK_FALSE(decoded.name);
}
