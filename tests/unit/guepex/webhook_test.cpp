// Guepex's webhooks: several events in one POST, each judged for itself.
#include "common/guepex/webhook.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::guepex;

namespace {

delivery deliver(std::string_view type, std::string_view events) {
  return decode(fmt::format(R"({{"type":"{}","events":[{}]}})", type, events));
}

constexpr std::string_view failed_try = R"({"event_id":"e1","occurred_at":"2026-01-31 12:00:00",
  "data":{"tracking":"yal-1","status":"Tentative échouée","reason":"Téléphone injoignable","order_id":"CMD-1"}})";

} // namespace

TEST_CASE("several events of one POST are read in their order") {
  auto read = deliver("parcel_status_updated",
                      fmt::format(R"({},{{"event_id":"e2","occurred_at":"2026-01-31T13:00:00Z",
                                  "data":{{"tracking":"yal-2","status":"Livré"}}}})",
                                  failed_try));
  REQUIRE(read.why.empty());
  REQUIRE(read.events.size() == 2);
  const event& first = read.events[0];
  CHECK(first.kind == event_kind::state);
  CHECK(first.type == "parcel_status_updated");
  CHECK(first.event_id == "e1");
  CHECK(first.occurred_at == parse_instant("2026-01-31T11:00:00Z"));
  CHECK(first.tracking == "yal-1");
  CHECK(first.reference == "CMD-1");
  CHECK(first.status->text == "TENTATIVE ÉCHOUÉE");
  CHECK(first.reason == "Téléphone injoignable");
  CHECK(read.events[1].occurred_at == parse_instant("2026-01-31T13:00:00Z"));
  CHECK(read.events[1].status->text == "LIVRÉ");
}

TEST_CASE("each event is a webhook of its own that reads the same") {
  auto read = deliver("parcel_status_updated", std::string(failed_try) + ",7");
  for (const event& one : read.events) {
    auto again = decode(one.body);
    REQUIRE(again.events.size() == 1);
    CHECK(again.events[0].kind == one.kind);
    CHECK(again.events[0].event_id == one.event_id);
    CHECK(again.events[0].body == one.body);
  }
}

TEST_CASE("a text that was cut in the middle of an emoji spoils neither its event nor the others") {
  auto read = deliver("parcel_status_updated",
                      std::string(failed_try) + R"(,{"event_id":"e2","data":{"tracking":"yal-2",
              "status":"Livré","firstname":"A \ud83d"}},{"event_id":"e3","data":{"tracking":"yal-\ud83d","status":"Centre"}})");
  CHECK(read.why.empty());
  REQUIRE(read.events.size() == 3);
  CHECK(read.events[0].kind == event_kind::state);
  CHECK(read.events[1].kind == event_kind::state);
  CHECK(read.events[1].status->text == "LIVRÉ");
  CHECK(decode(read.events[1].body).events.at(0).kind == event_kind::state);
  CHECK(read.events[2].kind == event_kind::not_understood); // half of a number is none
}

TEST_CASE("payments and deletions tell no state") {
  for (const char* type : {"parcel_payment_updated", "parcel_deleted"})
    CHECK(deliver(type, failed_try).events[0].kind == event_kind::ignored);
}

TEST_CASE("a parcel created or edited without status links its reference") {
  for (const char* type : {"parcel_created", "parcel_edited"}) {
    auto read = deliver(type, R"({"event_id":"e","data":{"tracking":"yal-1","order_id":"CMD-1"}})");
    CHECK(read.events[0].kind == event_kind::link);
    CHECK(read.events[0].reference == "CMD-1");
    CHECK(deliver(type, failed_try).events[0].kind == event_kind::state);
  }
}

TEST_CASE("any other type with tracking number and status is applied") {
  CHECK(deliver("parcel_moved", failed_try).events[0].kind == event_kind::state);
  CHECK(deliver("parcel_moved", R"({"event_id":"e","data":{"tracking":"yal-1"}})").events[0].kind ==
        event_kind::ignored);
  CHECK(deliver("account_changed", R"({"event_id":"e","data":{}})").events[0].kind == event_kind::ignored);
}

TEST_CASE("an element that is no object or has no tracking number is not understood, and the others stand") {
  auto read =
      deliver("parcel_status_updated",
              fmt::format(R"("text",{},{{"event_id":"e3","data":{{"status":"Livré"}}}},null)", failed_try));
  REQUIRE(read.events.size() == 4);
  CHECK(read.events[0].kind == event_kind::not_understood);
  CHECK(read.events[1].kind == event_kind::state);
  CHECK(read.events[2].kind == event_kind::not_understood);
  CHECK(read.events[3].kind == event_kind::not_understood);
  for (std::size_t i : {0, 2, 3}) CHECK_FALSE(read.events[i].why.empty());
}

TEST_CASE("a body without a list of events is not understood as a whole") {
  for (const char* body : {"", "text", "[]", R"({"type":"parcel_created"})", R"({"events":{}})",
                           R"({"events":[]})", "{\"events\":[1"}) {
    CAPTURE(body);
    auto read = decode(body);
    CHECK_FALSE(read.why.empty());
    CHECK(read.events.empty());
  }
}

TEST_CASE("a body of more events than are taken at once is not understood as a whole and says how many") {
  std::string events = "1";
  for (std::size_t i = 1; i < events_max; ++i) events += ",1";
  CHECK(deliver("parcel_status_updated", events).events.size() == events_max);
  auto read = deliver("parcel_status_updated", events + ",1");
  CHECK(read.events.empty());
  CHECK(read.why == "the body has 1001 events, more than 1000");
}

TEST_CASE("an event without id and time is an event") {
  auto read = deliver("parcel_status_updated", R"({"data":{"tracking":"yal-1","status":"Centre"}})");
  CHECK(read.events[0].kind == event_kind::state);
  CHECK_FALSE(read.events[0].event_id);
  CHECK_FALSE(read.events[0].occurred_at);
}

TEST_CASE("a body whose events would be kept many times its size is not understood as a whole") {
  std::string long_type(type_bytes_max, 't');
  CHECK(deliver(long_type, "{}").events.size() == 1);
  auto read = deliver(long_type + "t", "{}");
  CHECK(read.events.empty());
  CHECK(read.why == "the type is longer than 256 bytes");
}

TEST_CASE("a body with an object of too many members is not understood") {
  std::string members = R"("a":1)";
  for (int i = 0; i < 1'000; ++i) members += fmt::format(R"(,"m{}":1)", i);
  auto read = deliver("parcel_status_updated", "{" + members + "}");
  CHECK(read.events.empty());
  CHECK(read.why == "it has too many values or members");
}
