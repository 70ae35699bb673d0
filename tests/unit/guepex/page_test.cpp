// Pages and single parcels as Guepex answers them.
#include "common/guepex/page.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::guepex;

namespace {

constexpr std::string_view row = R"({
  "tracking":"yal-AAA111","order_id":"CMD#12","date_creation":"2026-01-30 10:00:00",
  "date_expedition":"2026-01-31 08:00:00","date_last_status":"2026-01-31 12:34:56","last_status":"Echèc livraison",
  "payment_status":"not-ready","price":2500,"current_wilaya_name":"Alger","current_center_name":"Agence Bab Ezzouar",
  "has_exchange":0,"parcel_type":"classic","import_id":null,"firstname":"Amine","familyname":"B",
  "contact_phone":"0550000000","address":"12 rue","label":"https://x/label","pin":"1234"})";

std::string page_of(std::string_view rows, std::string_view members = R"("has_more":false,"total_data":1)") {
  return fmt::format(R"({{{},"data":[{}],"links":{{"self":"x"}}}})", members, rows);
}

} // namespace

TEST_CASE("a row tells tracking number, reference, status and its time in Algiers") {
  auto read = read_page(page_of(row));
  REQUIRE(read.has_value());
  REQUIRE(read->rows.size() == 1);
  const parcel& one = read->rows.front();
  CHECK(one.tracking == "yal-AAA111");
  CHECK(one.reference == "CMD#12");
  CHECK(one.status->text == "ÉCHEC LIVRAISON");
  CHECK(one.status_at == parse_instant("2026-01-31T11:34:56Z"));
  CHECK(one.created_at == parse_instant("2026-01-30T09:00:00Z"));
  CHECK_FALSE(one.reason);
  CHECK(read->total == 1);
  CHECK_FALSE(read->has_more);
}

TEST_CASE("what is kept beside the order holds no customer, label or pin") {
  auto read = read_page(page_of(row));
  CHECK(read->rows.front().metadata ==
        R"({"current_center_name":"Agence Bab Ezzouar","current_wilaya_name":"Alger",)"
        R"("date_creation":"2026-01-30 10:00:00","date_expedition":"2026-01-31 08:00:00","has_exchange":0,)"
        R"("order_id":"CMD#12","parcel_type":"classic","payment_status":"not-ready","price":2500,)"
        R"("tracking":"yal-AAA111"})");
}

TEST_CASE("a row without tracking number or status is counted, and the others stand") {
  std::string rows =
      fmt::format(R"({},{{"order_id":"2","last_status":"Livré"}},{{"tracking":"yal-2"}},7)", row);
  auto read = read_page(page_of(rows, R"("has_more":true,"total_data":"1200")"));
  REQUIRE(read.has_value());
  CHECK(read->rows.size() == 1);
  CHECK(read->unreadable == 3);
  CHECK(read->total == 1200);
  CHECK(read->has_more);
}

TEST_CASE("keys may be missing") {
  auto read = read_page(R"({"data":[{"tracking":"yal-1","last_status":"Centre"}]})");
  REQUIRE(read.has_value());
  CHECK_FALSE(read->total);
  CHECK_FALSE(read->has_more);
  CHECK_FALSE(read->rows.front().status_at);
  CHECK_FALSE(read->rows.front().reference);
  CHECK(read_page(R"({"data":[{"tracking":" yal-1 ","last_status":"Centre"}]})")->rows.front().tracking ==
        "yal-1");
}

TEST_CASE("rows may be members of an object, as PHP writes a list with a gap") {
  auto read =
      read_page(fmt::format(R"({{"has_more":false,"total_data":2,"data":{{"0":{0},"2":{0}}}}})", row));
  REQUIRE(read.has_value());
  CHECK(read->rows.size() == 2);
  CHECK(read->total == 2);
  CHECK_FALSE(read_page(R"({"data":{"message":"quota"}})").has_value());
}

TEST_CASE("an error's JSON, a web page and nothing are no page") {
  for (const char* body :
       {R"({"error":{"message":"quota"}})", "<html></html>", "", "[]", R"({"data":{}})", "null"}) {
    CAPTURE(body);
    auto read = read_page(body);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == "guepex:malformed");
    CHECK(read.error().kind == failure::transient);
  }
}

TEST_CASE("one parcel comes bare or in a list, and only the one that was asked for counts") {
  CHECK(read_one(row, "yal-AAA111").value().status->text == "ÉCHEC LIVRAISON");
  CHECK(read_one(page_of(row), "yal-AAA111").value().metadata.empty());
  CHECK(read_one(fmt::format(R"({{"data":{}}})", row), "yal-AAA111").value().reference == "CMD#12");
  CHECK(read_one(row, "yal-BBB").error().code == "guepex:malformed");
  CHECK(read_one(page_of(row), "yal-BBB").error().code == "guepex:malformed");
  CHECK(read_one(page_of(""), "yal-AAA111").error().code == "guepex:not_found");
  CHECK(read_one("{}", "yal-AAA111").error().code == "guepex:malformed");
}
