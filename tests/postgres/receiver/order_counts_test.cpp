// A number on the screen leads to the orders that it counts.
#include "common/shop/problems/problem_facts.hpp"
#include "common/verdict/problems.hpp"
#include "receiver/api/orders/order_list.hpp"
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

} // namespace

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
