// Comparing a real orders table with a courier, and that nothing is written by it.
#include "reconciler/verify/sample.hpp"
#include "reconciler/verify/verifier.hpp"
#include "tests/postgres/reconciler/courier_server.hpp"
#include "tests/postgres/reconciler/other_couriers.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace suivi;
using namespace suivi::reconciler;
using suivi::test::stage;

namespace {

struct verified {
  std::int64_t checked = 0, unreadable = 0;
  std::vector<difference> differences;
  std::string why_not_all;
};

verified verify(stage& s, courier_kind courier, test::courier_answer answer,
                std::vector<shop::wanted_read> singly = {}) {
  verified got;
  test::run_beside(std::move(answer), [&](shop::account who, http::client& client) -> task<void> {
    who.courier.courier = courier;
    if (courier != default_courier) who.courier.user = secret("id-1");
    auto executor = co_await asio::this_coro::executor;
    pg::pool_options options;
    options.connect = s.db.options();
    pg::pool connections(executor, options);
    reconciler::verify_options compared;
    static_cast<reconciler::courier_options&>(compared) = s.options;
    verifier one(executor, connections, client, who, compared);
    if (singly.empty())
      co_await one.read_list();
    else
      co_await one.read_singly(singly);
    co_await one.confirm();
    connections.close();
    REQUIRE_FALSE(one.failed());
    got = {one.found().checked(), one.unreadable(), one.found().differences(), one.why_not_all()};
  });
  return got;
}

verified verify(stage& s, std::vector<shop::wanted_read> singly = {}) {
  return verify(
      s, default_courier, [&](const http::request& request) { return s.courier.answer(request); },
      std::move(singly));
}

std::string uuid_of(int n) {
  return fmt::format("00000000-0000-4000-8000-{:012}", n);
}

void fill(stage& s, int orders) {
  for (int i = 1; i <= orders; ++i) {
    s.order(fmt::format("R{}", i));
    s.courier.rows.push_back({uuid_of(i), fmt::format("R{}", i), 31, fmt::format("17{:014}", i)});
  }
}

// Everything that could be written, to the row's last touch (a lock leaves its mark in xmax).
std::string everything(const stage& s) {
  std::string all;
  for (const char* table :
       {"orders", "shipping_accounts", "suivi.parcel", "suivi.account", "suivi.sweep", "suivi.change"})
    all += s.db.value(fmt::format(
        "select coalesce(md5(string_agg(t::text || t.xmin || t.xmax, ',' order by t.id)), '-') from {} t",
        table));
  return all;
}

} // namespace

TEST_CASE("after a sweep nothing differs, and looking writes nothing") {
  stage s;
  fill(s, 45);
  s.courier.rows.push_back({uuid_of(99), "NOWHERE", 31, "1"});
  s.sweep();
  std::string before = everything(s);
  auto got = verify(s);
  CHECK(got.checked == 45);
  CHECK(got.differences.empty());
  CHECK(got.why_not_all.empty());
  CHECK(everything(s) == before);
}

TEST_CASE("a hand's edit is a difference, and an order locked by the shop is compared too") {
  stage s;
  fill(s, 5);
  s.sweep();
  s.db.execute(R"(update orders set "trackingNumber" = 'by hand' where "reference" = 'R3')");
  auto hold = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    pg::statement begin{"", "begin"}, lock{"", "select 1 from orders for update"};
    auto begun = co_await db.run(begin);
    auto locked = co_await db.run(lock);
    CHECK(begun.has_value());
    CHECK(locked.has_value());
    std::string before = everything(s);
    auto got = verify(s);
    REQUIRE(got.differences.size() == 1);
    CHECK(got.differences[0].reference == "R3");
    CHECK(got.differences[0].field == "trackingNumber");
    CHECK(got.differences[0].shop == "by hand");
    CHECK(got.differences[0].courier == "1700000000000003");
    CHECK(everything(s) == before);
  };
  test::run(hold);
}

TEST_CASE("pages that cannot be read leave the comparison unfinished and counted") {
  stage s;
  fill(s, 45);
  s.sweep();
  s.courier.broken_pages = {"2"};
  auto got = verify(s);
  CHECK(got.checked == 25);
  CHECK(got.unreadable == 20);
  CHECK_FALSE(got.why_not_all.empty());
}

TEST_CASE("of two parcels of one order only the one to be shown counts, known before or not") {
  stage s;
  s.order("R1", R"("trackingNumber", "shippingStatus", "maystroOrderId")",
          fmt::format("'2', 'EXPÉDIÉ', '{}'", uuid_of(2)));
  s.courier.page_size = 1;
  s.courier.rows = {{uuid_of(2), "R1", 31, "2", "2026-02-01T10:00:00Z"},
                    {uuid_of(1), "R1", 52, "1", "2026-01-01T10:00:00Z"}};
  for (const difference& d : verify(s).differences) CHECK(d.field == "additionalMetaData"); // never swept
  s.sweep();
  CHECK(verify(s).differences.empty());
}

TEST_CASE("an order of several parcels of which nothing says which is the newest is not taken for compared") {
  stage s;
  s.order("R1");
  s.courier.rows = {{uuid_of(2), "R1", 31, "2", "2026-02-01T10:00:00Z"}, {uuid_of(1), "R1", 22, "1", ""}};
  CHECK_FALSE(s.sweep().complete);
  auto got = verify(s);
  CHECK(got.unreadable == 1);
  CHECK(got.why_not_all == "of 1 order(s) nothing says which of their parcels is the newest: R1");
  s.courier.rows[1].status = 52; // it went back: the other one is shown, whichever is the newer
  CHECK(verify(s).unreadable == 0);
}

TEST_CASE("single reads compare only what was drawn, and what cannot be read is counted") {
  stage s;
  fill(s, 3);
  s.sweep();
  s.db.execute(R"(update orders set "shippingStatus" = 'X')");
  auto got = verify(s, {{"acc-1", std::nullopt, "R2", instant{}}});
  CHECK(got.checked == 1);
  CHECK(got.differences.size() == 1);
  s.courier.refuse_with = 500;
  auto none = verify(s, {{"acc-1", std::nullopt, "R2", instant{}}});
  CHECK(none.checked == 0);
  CHECK(none.unreadable == 1);
}

TEST_CASE("a sample is drawn from what the old system had tracked too, and finds what is wrong there") {
  stage s;
  s.order("R1", R"("trackingNumber", "shippingStatus", "maystroOrderId")",
          fmt::format("'1700000000000001', 'EXPÉDIÉ', '{}'", uuid_of(1)));
  s.order("R2", R"("trackingNumber", "shippingStatus", "maystroOrderId")", "'2', 'EXPÉDIÉ', 'an-old-id'");
  s.order("R3", R"("trackingNumber")", "'3'");
  s.order("R4"); // neither number nor id: nothing to compare yet
  s.order("R5", R"("trackingNumber")", "'5'", "'acc-2'");
  s.order("R6", R"("trackingNumber")", "'6'", "null");
  for (int i = 1; i <= 6; ++i)
    s.courier.rows.push_back({uuid_of(i), fmt::format("R{}", i), 41, fmt::format("17{:014}", i)});
  sample_question which;
  which.accounts = {"acc-1"};
  which.orders_max = 100;
  auto draw = [&] {
    std::vector<shop::wanted_read> wanted;
    auto body = [&]() -> task<void> {
      pg::connect_options options = s.db.options();
      auto db = co_await test::connected(options);
      auto drawn = co_await draw_sample(db, which);
      REQUIRE(drawn.has_value());
      wanted = (*drawn)["acc-1"];
    };
    test::run(body);
    return wanted;
  };
  CHECK(draw().size() == 4); // R6 as well
  which.adopt_unassigned = false;
  std::vector<shop::wanted_read> wanted = draw();
  CHECK(wanted.size() == 3);
  auto got = verify(s, wanted);
  CHECK(got.unreadable == 0);
  CHECK(got.checked == 3); // the old id is unknown to the courier, the reference is not
  std::set<std::string> wrong;
  for (const difference& d : got.differences)
    if (d.field == "shippingStatus") wrong.insert(d.reference);
  CHECK(wrong == std::set<std::string>{"R1", "R2", "R3"});
  which.orders_max = 2;
  CHECK(draw().size() == 2);
}

TEST_CASE("where row-level security may hide orders a comparison is unfinished and says why") {
  stage s;
  fill(s, 3);
  CHECK(s.sweep().complete);
  CHECK(verify(s).unreadable == 0);
  s.db.execute(R"sql(alter table orders enable row level security;
    create policy part on orders using ("reference" <> 'R2'))sql");
  auto got = verify(s);
  CHECK(got.unreadable == 1);
  CHECK(got.why_not_all == "row-level security may hide rows of orders");
}

TEST_CASE("a number that Nord West does not find keeps none of the others from being compared") {
  stage s;
  test::nord_west_stand_in courier;
  for (int n = 1; n <= 60; ++n) {
    s.order(fmt::format("R{}", n), R"("trackingNumber")", fmt::format("'ECS{}'", n));
    courier.entries[fmt::format("ECS{}", n)] = test::entry("fdr_activated", "2026-01-31 12:00:00");
  }
  test::sweep(s, courier);
  auto picky = [&](const http::request& request) {
    if (request.body.find("\"ECS17\"") == std::string::npos) return courier.answer(request);
    http::response unknown;
    unknown.status = 404;
    return unknown;
  };
  auto got = verify(s, courier_kind::nord_west, picky);
  CHECK(got.checked == 59);
  CHECK(got.unreadable == 1);
  CHECK(got.why_not_all.find("order R17") != std::string::npos);
}
