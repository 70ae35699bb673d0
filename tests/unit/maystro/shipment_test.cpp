// Rows of the courier's list, as tidy and as untidy as they come.
#include "common/json/json_text.hpp"
#include "common/maystro/shipment.hpp"

#include <boost/json/value.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::maystro;

namespace {

shipment row(std::string_view text) {
  auto value = parse_json(text, half_surrogates::mend);
  REQUIRE(value.has_value());
  REQUIRE(value->is_object());
  return read_row(value->get_object());
}

} // namespace

TEST_CASE("a full row is read into a shipment") {
  auto s = row(R"({"id":"b7e0","instance_uuid":"5f0c","display_id":1203,"tracking_number":"1764950400123456",
    "external_order_id":"REF-1","status":41,"alerted_at":null,"alert_reason":null,"abort_reason":21,
    "created_at":"2026-01-31T09:30:00.5+01:00","customer_name":"x"})");
  CHECK(s.uuid == "5f0c");
  CHECK(s.display_id == "1203");
  CHECK(s.tracking == "1764950400123456");
  CHECK(s.reference == "REF-1");
  CHECK(s.status == 41);
  CHECK(s.alerted_at == field<instant>{true, std::nullopt});
  CHECK(s.alert_reason == field<std::string>{true, std::nullopt});
  CHECK(s.abort_reason == field<std::string>{true, "21"});
  CHECK(s.created_at == parse_instant("2026-01-31T08:30:00.5Z"));
}

TEST_CASE("the second names serve where the first are missing, null or blank") {
  auto s = row(R"({"id":77,"instance_uuid":null,"display_id":"","display_id_order":"12","tracking_number":" ",
    "tracking":"T1","external_order_id":null,"external_id":"E1","status_code":"31"})");
  CHECK(s.uuid == "77");
  CHECK(s.display_id == "12");
  CHECK(s.tracking == "T1");
  CHECK(s.reference == "E1");
  CHECK(s.status == 31);
}

TEST_CASE("ids are texts or whole numbers and keep all their digits") {
  CHECK(row(R"({"id":12345678901234567890123})").uuid == "12345678901234567890123");
  CHECK(row(R"({"id":18446744073709551615})").uuid == "18446744073709551615");
  CHECK(row(R"({"id":12.0})").uuid == "12");
  CHECK(row(R"({"id":"007"})").uuid == "007");
  CHECK(row(R"({"id":"a\u0000b"})").uuid == "ab");
  for (auto text : {R"({"id":12.5})", R"({"id":1e300})", R"({"id":true})", R"({"id":{}})", R"({"id":[1]})",
                    R"({"id":null})", R"({"id":""})", R"({"id":"\u0000"})", R"({"id":" \n"})",
                    R"({"id":"a\ud800b"})", R"({"id":"\ufffd"})"}) {
    CAPTURE(text);
    CHECK_FALSE(row(text).uuid.has_value());
  }
  CHECK_FALSE(row("{\"id\":\"" + std::string(513, 'x') + "\"}").uuid.has_value());
}

TEST_CASE("a status is a number of 0 to 9999, as number or text") {
  CHECK(row(R"({"status":4})").status == 4);
  CHECK(row(R"({"status":"41"})").status == 41);
  CHECK(row(R"({"status":" 41 "})").status == 41);
  CHECK(row(R"({"status":41.0})").status == 41);
  CHECK(row(R"({"status":9999})").status == 9999);
  for (auto text : {R"({"status":-1})", R"({"status":10000})", R"({"status":99999999999999999999})",
                    R"({"status":41.5})", R"({"status":"LIVRE"})", R"({"status":"41x"})", R"({"status":""})",
                    R"({"status":null})", R"({"status":true})", R"({"status":[41]})", R"({"status":4e10})"}) {
    CAPTURE(text);
    CHECK_FALSE(row(text).status.has_value());
  }
}

TEST_CASE("missing, null and unreadable are kept apart") {
  auto none = row("{}");
  CHECK_FALSE(none.alerted_at.present);
  CHECK_FALSE(none.alert_reason.present);
  auto unreadable =
      row(R"({"alerted_at":"yesterday","alert_reason":{"code":1},"abort_reason":[],"created_at":5})");
  CHECK_FALSE(unreadable.alerted_at.present);
  CHECK_FALSE(unreadable.alert_reason.present);
  CHECK_FALSE(unreadable.abort_reason.present);
  CHECK_FALSE(unreadable.created_at.has_value());
  CHECK(row(R"({"alert_reason":""})").alert_reason == field<std::string>{true, std::nullopt});
  CHECK(row(R"({"alert_reason":"Client absent"})").alert_reason == field<std::string>{true, "Client absent"});
  CHECK(row(R"({"abort_reason":1.5})").abort_reason == field<std::string>{true, "1.5"});
}

TEST_CASE("the best tracking is the tracking number, else the display id, else the uuid") {
  using enum tracking_strength;
  CHECK(row(R"({"tracking":"T","display_id":1,"id":"u"})").best_tracking() ==
        std::pair{std::string("T"), tracking_number});
  CHECK(row(R"({"display_id":1,"id":"u"})").best_tracking() == std::pair{std::string("1"), display_id});
  CHECK(row(R"({"id":"u","external_id":"R"})").best_tracking() == std::pair{std::string("u"), uuid});
  CHECK(row(R"({"external_id":"R"})").best_tracking() == std::pair{std::string(), none});
}

TEST_CASE("metadata keeps the stable facts, sorted, and no person or moving date") {
  auto s = row(
      R"({"wilaya":"Oran","status":4,"product_price":2500.5,"product_name":"Lampe \"A\"","id":"u1","display_id":12,
    "instance_uuid":"u2","customer_name":"N","customer_phone":"P","destination_text":"A","last_update":"2026-01-01",
    "updated_at":"2026-01-01","created_at":"2026-01-01T00:00:00Z","delivered_at":null,"postponed_to":"2026-02-01",
    "ordered_at":"x","commune":3101,"commune_name":"Oran","note_to_driver":"call","products":[{"product_id":"p"}]})");
  CHECK(s.metadata ==
        R"({"commune":3101,"commune_name":"Oran","created_at":"2026-01-01T00:00:00Z","display_id":12,)"
        R"("instance_uuid":"u2","maystro_id":"u1","ordered_at":"x","postponed_to":"2026-02-01",)"
        R"("product_name":"Lampe \"A\"","product_price":2500.5,"wilaya":"Oran"})");
  CHECK(row(R"({"status":4,"wilaya":{"id":1}})").metadata.empty());
  CHECK(row(R"({"display_id":"","display_id_order":5})").metadata == R"({"display_id":5})");
}
