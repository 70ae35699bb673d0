// Parcels that a courier no longer has, where sweeps find every change and nobody re-reads parcels: a whole
// sweep that has not shown them says so. By real sockets.
#include "tests/postgres/reconciler/other_couriers.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::test;

namespace {

std::string gone(const stage& s) {
  return s.db.value(
      "select coalesce(string_agg(uuid, ' ' order by uuid), '') from suivi.parcel where gone_at > "
      "pulled_at");
}

} // namespace

TEST_CASE("a parcel that Guepex lists no more is gone, until it is listed again") {
  stage s;
  guepex_stand_in courier;
  for (int n = 1; n <= 3; ++n) {
    s.order(fmt::format("R{}", n), "", "", n == 3 ? "null" : "'acc-1'");
    courier.rows.push_back({fmt::format("yal-{}", n), fmt::format("R{}", n), "Centre"});
  }
  CHECK(sweep(s, courier).complete);
  CHECK(gone(s).empty());
  s.db.execute("update suivi.adopted_order set contested_by = 'acc-2'"); // R3: what is read is not taken
  guepex_row deleted = courier.rows.front();
  courier.rows.erase(courier.rows.begin());
  s.options.kind = reconciler::sweep_kind::incremental;
  CHECK(sweep(s, courier).complete);
  CHECK(gone(s).empty());
  s.options.kind = reconciler::sweep_kind::full;
  CHECK(sweep(s, courier).complete);
  CHECK(gone(s) == "yal-1");
  courier.rows.push_back(deleted);
  CHECK(sweep(s, courier).complete);
  CHECK(gone(s).empty());
}

TEST_CASE("parcels of Guepex beyond max_orders are read in turn, by their numbers and within the bound") {
  stage s;
  guepex_stand_in courier;
  for (int n = 1; n <= 120; ++n) {
    s.order(fmt::format("R{}", n));
    courier.rows.push_back({fmt::format("yal-{}", n), fmt::format("R{}", n), "Centre"});
  }
  CHECK(sweep(s, courier).complete);
  int batches = 0;
  auto nothing_changed = [&](const http::request& r) {
    batches += r.target.find("?tracking=") != std::string::npos ? 1 : 0;
    if (r.target.find("date_last_status=") == std::string::npos) return courier.answer(r);
    http::response none;
    none.body = R"({"has_more":false,"total_data":0,"data":[]})";
    return none;
  };
  s.options.kind = reconciler::sweep_kind::incremental;
  s.options.incremental_every = std::chrono::hours(16); // all have their turn in one
  CHECK(sweep(s, courier_kind::guepex, nothing_changed).complete);
  CHECK(batches == 0); // all were read just now
  s.db.execute("update suivi.parcel set pull_stored_at = now() - interval '9 hours' where uuid <> 'yal-1'");
  courier.rows[1].status = "Livré";             // yal-2
  courier.rows.erase(courier.rows.begin() + 7); // yal-8
  CHECK(sweep(s, courier_kind::guepex, nothing_changed).complete);
  CHECK(batches == 3);
  CHECK(s.column("R2", "shippingStatus") == "LIVRÉ");
  CHECK(gone(s) == "yal-8");
  CHECK(sweep(s, courier_kind::guepex, nothing_changed).complete);
  CHECK(batches == 3);
  CHECK(s.db.number("select count(*) from suivi.parcel where pull_stored_at < now() - interval '1 hour'") ==
        1);
}

TEST_CASE("a parcel of Nord West whose number the shop has changed is gone") {
  stage s;
  nord_west_stand_in courier;
  s.order("R1", R"("trackingNumber")", "'ECS1'");
  for (const char* number : {"ECS1", "ECS2"})
    courier.entries[number] = entry("fdr_activated", "2026-01-31 12:00:00");
  CHECK(sweep(s, courier).complete);
  s.db.execute(R"(update orders set "trackingNumber" = 'ECS2')");
  CHECK(sweep(s, courier).complete);
  CHECK(gone(s) == "ECS1");
}

TEST_CASE(
    "what an account showed while it was another courier's is gone, and its orders show the present one's") {
  stage s;
  for (int n = 1; n <= 2; ++n) s.shipped(n, 31, "2026-02-10T10:00:00Z");
  CHECK(s.sweep().complete);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  guepex_stand_in courier;
  courier.rows = {{"yal-1", "R1", "Centre"}}; // made before Maystro's
  auto report = sweep(s, courier);
  CHECK(report.complete);
  CHECK(report.status_changed == 1);
  CHECK(s.column("R1", "shippingStatus") == "CENTRE");
  CHECK(s.column("R1", "trackingNumber") == "yal-1");
  CHECK(s.column("R2", "shippingStatus") == "EXPÉDIÉ"); // nothing new is known of it
  CHECK(s.db.number("select count(*) from suivi.parcel where gone_at > pulled_at and courier = 1") == 2);
  CHECK(sweep(s, courier).unchanged == 1);
}
