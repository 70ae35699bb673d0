// Lines of a file and rows of the old system: what they say, and as of when.
#include "receiver/replay/file_line.hpp"

#include "common/crypto/crypto.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;
using shape = shop::as_of::shape;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");
constexpr const char* order =
    R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":41,"external_order_id":"R1"}})";

std::string wrapped(const std::string& more) {
  return R"({"message":{"data":")" + crypto::base64_encode(order) + "\"" + more + "}}";
}

} // namespace

TEST_CASE("a webhook's body is as of its publishing") {
  auto line = read_replay_line(wrapped(R"(,"publishTime":"2026-02-01T08:00:00Z","messageId":"m1")"), noon);
  CHECK(line.event.kind == event_kind::order);
  CHECK(line.event.shipment.reference == "R1");
  CHECK(line.when.kind == shape::point);
  CHECK(line.when.to == *parse_instant("2026-02-01T08:00:00Z"));
  CHECK(line.received_at == line.when.to);
}

TEST_CASE("a webhook's body without a time is as of nothing") {
  for (const std::string& text : {std::string(order), wrapped(""), wrapped(R"(,"publishTime":"some day")"),
                                  crypto::base64_encode(order)}) {
    auto line = read_replay_line(text, noon);
    CHECK(line.event.kind == event_kind::order);
    CHECK(line.when.kind == shape::unknown);
    CHECK_FALSE(line.received_at);
  }
}

TEST_CASE("a publishing that lies ahead is no time") {
  auto line = read_replay_line(wrapped(R"(,"publishTime":"2026-03-01T13:00:00Z")"), noon);
  CHECK(line.when.kind == shape::unknown);
}

TEST_CASE("an event as the API prints it is at latest as of its receipt") {
  auto line = read_replay_line(
      std::string(
          R"({"id":"12","messageId":null,"source":"MAYSTRO","eventType":"OrderStatusChanged","payload":)") +
          order +
          R"(,"processed":false,"outcome":"parked","error":null,"createdAt":"2026-02-01T08:00:00Z",)" +
          R"("order":{"id":"o9","reference":"R9","status":"PENDING","shippingStatus":"CRÉE"}})",
      noon);
  CHECK(line.event.shipment.reference == "R1");
  CHECK(line.event.shipment.status == 41);
  CHECK(line.when.kind == shape::untimed);
  CHECK(line.when.to == *parse_instant("2026-02-01T08:00:00Z"));
  CHECK(line.id == "12");
  CHECK(line.outcome == "parked");
}

TEST_CASE("an event of the API whose payload is text is decoded like any body") {
  auto line = read_replay_line(R"({"id":"1","payload":")" + crypto::base64_encode(order) +
                                   R"(","processed":false,"outcome":"quarantined","createdAt":null})",
                               noon);
  CHECK(line.event.kind == event_kind::order);
  CHECK(line.when.kind == shape::unknown);
  auto noise =
      read_replay_line(R"({"id":"1","payload":"noise","processed":false,"outcome":"quarantined"})", noon);
  CHECK(noise.event.kind == event_kind::not_understood);
}

TEST_CASE("what is no event is not understood") {
  for (const char* text : {"nothing", "{}", "[1]", "{\"payload\":", "\xff\xfe"})
    CHECK(read_replay_line(text, noon).event.kind == event_kind::not_understood);
  CHECK(read_replay_line(R"({"event":"InventoryMovement","product":1})", noon).event.kind ==
        event_kind::ignored);
}

TEST_CASE("a row of the old system is at latest as of its making") {
  auto row = read_legacy_row("OrderStatusChanged", order, noon);
  CHECK(row.event.shipment.reference == "R1");
  CHECK(row.when.kind == shape::untimed);
  CHECK(row.when.to == noon);
}

TEST_CASE("an error row of the old system is decoded from the body it kept") {
  auto object = read_legacy_row("error", R"({"error":"x","headers":{},"body":)" + wrapped("") + "}", noon);
  CHECK(object.event.shipment.reference == "R1");
  auto text =
      read_legacy_row("error", R"({"error":"x","body":")" + crypto::base64_encode(order) + "\"}", noon);
  CHECK(text.event.shipment.reference == "R1");
  CHECK(text.when.to == noon);
  auto nothing = read_legacy_row("error", R"({"error":"x"})", noon);
  CHECK(nothing.event.kind == event_kind::not_understood);
}

TEST_CASE(
    "a delivery of several events is a line for each, alone and in a list, and one of one event is itself") {
  std::string one = R"({"event_id":"e1","data":{"tracking":"yal-1","status":"Centre"}})";
  std::string two = R"({"event_id":"e2","data":{"tracking":"yal-2","status":"Livré"}})";
  std::string delivery = R"({"type":"parcel_status_updated","events":[)" + one + "," + two + "]}";
  std::string alone = R"({"type":"parcel_status_updated","events":[)" + one + "]}";
  CHECK_FALSE(events_within(alone).has_value());
  for (const std::string& text : {delivery, "[" + delivery + "]"}) {
    auto lines = events_within(text);
    REQUIRE(lines.has_value());
    REQUIRE(lines->size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      courier_event read = read_replay_line(lines->at(i), instant{}).event;
      CHECK(read.kind == event_kind::order);
      CHECK(read.shipment.tracking == (i == 0 ? "yal-1" : "yal-2"));
    }
  }
}
