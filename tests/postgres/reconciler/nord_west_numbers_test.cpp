// Tracking numbers of a Nord West account as shops have them: spelled otherwise, unknown, changed, and states
// that a hand has edited. By real sockets.
#include "tests/postgres/reconciler/other_couriers.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::test;

namespace {

void numbered(stage& s, const std::string& reference, const std::string& number) {
  s.order(reference, R"("trackingNumber")", "'" + number + "'");
}

const std::string on_its_way = entry("fdr_activated", "2026-01-31 12:00:00");

} // namespace

TEST_CASE("a number with blanks or in another case is the courier's own, and the shop's spelling stays") {
  stage s;
  nord_west_stand_in courier;
  numbered(s, "R1", " ECS1 ");
  numbered(s, "R2", "ecs2");
  numbered(s, "R3", "ECS3");
  numbered(s, "R4", "ecs3"); // whose it is nobody can tell
  numbered(s, "R5", "  ");
  for (const char* number : {"ECS1", "ECS2", "ECS3"}) courier.entries[number] = on_its_way;
  auto report = sweep(s, courier);
  CAPTURE(report.reason.value_or(""));
  CHECK(report.complete);
  CHECK(report.rows_expected == 2);
  CHECK(report.matched == 2);
  CHECK(s.db.value(
            "select string_agg(reference, ' ' order by reference) from orders where \"shippingStatus\" = "
            "'EN LIVRAISON'") == "R1 R2");
  CHECK(s.column("R1", "trackingNumber") == " ECS1 ");
  CHECK(s.column("R2", "trackingNumber") == "ecs2");
  CHECK(s.db.number("select count(*) from suivi.sweep_conflict") == 2);
  auto again = sweep(s, courier);
  CHECK(again.unchanged == 2);
  CHECK(s.db.number("select count(*) from suivi.unanswered_number") == 0);
}

TEST_CASE("numbers that are unknown are noted although another one could not be answered for") {
  stage s;
  nord_west_stand_in courier;
  for (int n = 1; n <= 4; ++n) numbered(s, fmt::format("R{}", n), fmt::format("ECS{}", n));
  courier.entries["ECS1"] = on_its_way;
  auto picky = [&](const http::request& r) {
    if (r.body.find("\"ECS4\"") == std::string::npos) return courier.answer(r);
    http::response bad;
    bad.status = 400;
    return bad;
  };
  CHECK_FALSE(sweep(s, courier_kind::nord_west, picky).complete);
  CHECK(s.db.value("select string_agg(order_id, ' ' order by order_id) from suivi.unanswered_number") ==
        "o-R2 o-R3");
}

TEST_CASE(
    "numbers that Nord West refuses with 422 or 404 are their orders' fault, named, and not the key's") {
  stage s;
  nord_west_stand_in courier;
  for (int n = 1; n <= 120; ++n) {
    numbered(s, fmt::format("R{}", n), fmt::format("ECS{}", n));
    courier.entries[fmt::format("ECS{}", n)] = on_its_way;
  }
  unsigned status = 422;
  std::string reported; // what the answer says of the number
  SUBCASE("by its place") {
    reported = R"({{"errors":{{"trackings.{}":["invalid"]}}}})";
  }
  SUBCASE("not at all") {
    reported = "";
  }
  SUBCASE("as not found") {
    status = 404;
  }
  int refused = 0;
  auto picky = [&](const http::request& r) {
    auto numbers = boost::json::parse(r.body).as_object().at("trackings").as_array();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] == "ECS17" || numbers[i] == "ECS70") {
        ++refused;
        http::response bad;
        bad.status = status;
        if (!reported.empty()) bad.body = fmt::format(fmt::runtime(reported), i);
        return bad;
      }
    return courier.answer(r);
  };
  auto report = sweep(s, courier_kind::nord_west, picky);
  CAPTURE(report.reason.value_or(""));
  CHECK_FALSE(report.complete);
  CHECK(report.matched == 118);
  CHECK(refused <= (reported.empty() ? 14 : 4));
  CHECK(report.reason.value_or("").find("R17") != std::string::npos);
  CHECK(report.reason.value_or("").find("R70") != std::string::npos);
  CHECK(s.db.number("select count(*) from suivi.account where key_refused_at is not null") == 0);
}

TEST_CASE("a final state that a hand has edited is read again, and then no more") {
  stage s;
  nord_west_stand_in courier;
  numbered(s, "R1", "ECS1");
  courier.entries["ECS1"] = entry("return_validated_by_partener", "2026-01-31 12:00:00");
  CHECK(sweep(s, courier).rows_expected == 1);
  CHECK(sweep(s, courier).rows_expected == 0);
  s.db.execute(R"(update orders set "shippingStatus" = 'EN LIVRAISON')");
  CHECK(sweep(s, courier).rows_expected == 1);
  CHECK(s.column("R1", "shippingStatus") == "RETOUR VALIDÉ PAR LE PARTENAIRE");
  CHECK(sweep(s, courier).rows_expected == 0);
}
