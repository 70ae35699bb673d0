// A number on the screen leads to the orders that it counts.
#include "common/shop/problems/problem_facts.hpp"
#include "common/verdict/problems.hpp"
#include "receiver/api/orders/order_list.hpp"
#include "receiver/api/overview/overview_queries.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <map>

using namespace suivi;
using namespace suivi::receiver;

namespace {

// How many orders the address of a problem lists.
task<std::int64_t> listed_at(pg::connection& db, std::string view) {
  auto query = read_order_list_query(*http::parse_target("/orders" + view.substr(view.find('?'))));
  REQUIRE(query.has_value());
  query->limit = 1000;
  auto page = co_await list_orders_of(db, *query);
  REQUIRE(page.has_value());
  co_return static_cast<std::int64_t>(page->orders.size());
}

// How many orders there are in that view and that part.
task<std::int64_t> listed(pg::connection& db, order_view view, order_part only) {
  order_list_query query;
  query.view = view;
  query.only = only;
  query.limit = 1000;
  auto page = co_await list_orders_of(db, query);
  REQUIRE(page.has_value());
  co_return static_cast<std::int64_t>(page->orders.size());
}

// o1 has two parcels on their way, o2 one, o3's came back long ago, o4's is gone at the courier, o5's is
// delivered. o6 shows an alert of which no parcel tells, o2 one of its parcel's. A parcel's order was
// deleted. The courier does not know o8 and o9. Sweep 7 found o1's number and the state of o1 and o2, sweep 8
// o3's state; it refused o4 and met o5 of another account.
constexpr const char* counted_shop = R"(
  update orders set "status" = 'SHIPPED', "createdAt" = now() at time zone 'UTC' - interval '7 hours';
  update orders set "trackingNumber" = 'T' where "id" in ('o1', 'o2', 'o3', 'o11');
  update orders set "shippingStatus" = 'ALERTÉ' where "id" in ('o2', 'o6');
  insert into suivi.parcel (account, uuid, reference, order_id, link, strength, status, created_at, as_of_shape, as_of_from, as_of_to,
                            source, pulled_at, gone_at)
  values ('a', 'u1', 'R1', 'o1', 3, 3, 31, now(), 3, now(), now(), 2, now() - interval '25 hours', null),
         ('a', 'u1b', 'R1', 'o1', 3, 3, 31, now(), 3, now(), now(), 2, now() - interval '26 hours', null),
         ('a', 'u2', 'R2', 'o2', 3, 3, 32, now(), 3, now(), now(), 2, now(), null),
         ('a', 'u3', 'R3', 'o3', 3, 3, 50, now() - interval '61 days', 3, now(), now(), 2, now(), null),
         ('a', 'u4', 'R4', 'o4', 3, 3, 31, now(), 3, now(), now(), 2, now(), now() + interval '1 minute'),
         ('a', 'u5', 'R5', 'o5', 3, 3, 41, now(), 3, now(), now(), 2, now(), null),
         ('a', 'u9', 'R99', 'deleted', 3, 3, 31, now(), 3, now(), now(), 2, now(), null);
  insert into suivi.lookup (order_id, account, asked_at, negatives)
  values ('o8', 'a', now(), 1), ('o9', 'a', now(), 2), ('o10', 'a', now(), 0);
  insert into suivi.sweep (id, account, account_name, kind, term, owner, started_at, finished_at, verdict, backfilled, status_changed)
  overriding system value
  values (7, 'a', 'A', 'full', 1, 'o', now() - interval '3 hours', now() - interval '2 hours', 'complete', 1, 2),
         (8, 'a', 'A', 'full', 1, 'o', now() - interval '1 hour', now() + interval '1 minute', 'complete', 0, 1);
  insert into suivi.change (at, order_id, account, source, field, from_value, to_value, sweep_id)
  values (now() - interval '150 minutes', 'o1', 'a', 2, 'trackingNumber', null, 'T', 7),
         (now() - interval '150 minutes', 'o1', 'a', 2, 'shippingStatus', null, 'CRÉÉ', 7),
         (now() - interval '150 minutes', 'o2', 'a', 2, 'shippingStatus', 'CRÉÉ', 'ALERTÉ', 7),
         (now() - interval '150 minutes', 'o3', 'a', 2, 'alertReason', null, 'x', 7),
         (now() - interval '30 minutes', 'o3', 'a', 2, 'shippingStatus', 'CRÉÉ', 'ANNULÉ', 8);
  insert into suivi.sweep_missed (sweep_id, order_id) values (7, 'o1');
  insert into suivi.sweep_conflict (sweep_id, account, reference, refused, unmatched)
  select 8, 'a', "reference", "id" = 'o4', "id" = 'o6' from orders where "id" in ('o4', 'o5', 'o6');
  update suivi.sampling set wanted_at = clock_timestamp();
  select suivi.take_sample())";

task<void> compare_figures(pg::connection& db) {
  std::vector<std::string> ids{"a"};
  auto figures = co_await read_overview_figures(db, std::move(ids));
  REQUIRE(figures.has_value());
  CHECK(figures->open == 2);
  auto on_the_way = co_await listed(db, order_view::all, order_part::on_the_way);
  CHECK(on_the_way == figures->open);
  auto with_account = co_await listed(db, order_view::all, order_part::with_account);
  CHECK(with_account == figures->coverage.total);
  auto with_number = co_await listed(db, order_view::all, order_part::with_number);
  CHECK(with_number == figures->coverage.with_tracking);
  auto unknown = co_await listed(db, order_view::untracked, order_part::unknown_to_courier);
  CHECK(unknown == 2);
}

task<void> compare_views(pg::connection& db) {
  auto counts = co_await count_views(db);
  REQUIRE(counts.has_value());
  CHECK(counts->at("unchecked") == 1);
  CHECK(counts->at("alerted") == 2);
  for (const auto& [name, view] :
       {std::pair{"all", order_view::all}, std::pair{"untracked", order_view::untracked},
        std::pair{"unchecked", order_view::unchecked}, std::pair{"alerted", order_view::alerted},
        std::pair{"unassigned", order_view::unassigned}, std::pair{"conflicting", order_view::conflicting}}) {
    CAPTURE(name);
    auto rows = co_await listed(db, view, order_part::any);
    CHECK(rows == counts->at(name).as_int64());
  }
}

// The references of a sweep's figure.
task<std::string> swept(pg::connection& db, std::int64_t sweep, sweep_figure figure) {
  order_list_query query;
  query.sweep = sweep;
  query.counted = figure;
  auto page = co_await list_orders_of(db, query);
  REQUIRE(page.has_value());
  std::string references;
  if (!page->sweep_is_known) references = "no sweep";
  for (const auto& order : page->orders) references += std::string(order.at("reference").as_string()) + " ";
  co_return references;
}

task<void> compare_sweeps(pg::connection& db) {
  auto is = [&](std::int64_t sweep, sweep_figure figure, std::string expected) -> task<void> {
    auto found = co_await swept(db, sweep, figure);
    CHECK(found == expected);
  };
  co_await is(7, sweep_figure::backfilled, "R1 ");
  co_await is(7, sweep_figure::status_changed, "R2 R1 ");
  co_await is(7, sweep_figure::changed, "R2 R1 ");
  co_await is(7, sweep_figure::missed, "R1 ");
  co_await is(8, sweep_figure::missed, "");
  co_await is(8, sweep_figure::status_changed, "R3 ");
  co_await is(8, sweep_figure::conflicts, "R5 ");
  co_await is(8, sweep_figure::refused, "R4 ");
  co_await is(9, sweep_figure::changed, "no sweep");
}

} // namespace

TEST_CASE("what the overview, the views and a sweep's report count is what the lists of orders have") {
  test::database db;
  test::add_customer(db);
  test::add_account(db, "a");
  test::add_orders(db, 1, 10, "'a'");
  test::add_orders(db, 11, 12, "null");
  db.execute(counted_shop);
  auto steps = [&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    co_await compare_figures(connection);
    co_await compare_views(connection);
    co_await compare_sweeps(connection);
  };
  test::run(steps);
}

TEST_CASE("a problem's address lists as many orders as the problem counts") {
  test::database db;
  test::add_customer(db);
  test::add_account(db, "a");
  test::add_orders(db, 1, 10, "'a'");
  test::add_orders(db, 11, 20, "null");
  db.execute(R"(
    update orders set "status" = 'SHIPPED', "createdAt" = now() at time zone 'UTC' - interval '7 hours';
    update orders set "trackingNumber" = 'T' where "id" in ('o1', 'o2', 'o11');
    insert into suivi.adopted_order (order_id, account, contested_by)
    values ('o12', 'a', null), ('o13', 'a', 'b'), ('o14', 'a', 'b'), ('o1', 'a', 'b');
    update suivi.sampling set wanted_at = clock_timestamp();
    select suivi.take_sample())");
  std::map<std::string, std::int64_t> counted, listed;
  auto steps = [&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::vector<shop::known_account> accounts{{"a", "Main", true, courier_kind::maystro}};
    auto facts = co_await shop::read_problem_facts(connection, std::move(accounts));
    REQUIRE(facts.has_value());
    for (const verdict::problem& one : verdict::problems_of(*facts)) {
      if (!one.view || !one.view->starts_with("#/orders")) continue;
      counted[*one.view] = one.count.value_or(-1);
      listed[*one.view] = co_await listed_at(connection, *one.view);
    }
  };
  test::run(steps);
  CHECK(counted.size() == 3);
  CHECK(listed == counted);
}
