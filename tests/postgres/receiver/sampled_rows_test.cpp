// Lists of what was sampled, of a status that few have, of a sweep, and counts of troubled events read few
// rows of a large shop.
#include "common/shop/problems/problem_facts.hpp"
#include "receiver/api/orders/order_list.hpp"
#include "receiver/api/sweeps/sweep_list.hpp"
#include "tests/postgres/receiver/row_reader.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <functional>
#include <set>
#include <vector>

using namespace suivi;
using namespace suivi::receiver;

namespace {

// 8,000 orders, half of them without number, the other half on their way. Of those 1,500 have not been
// checked, five are blocked, and three have come back; four orders have no account. Sweep 90000 changed 300
// orders while webhooks changed 40,000. Of the webhooks 2,000 each failed and were not understood.
constexpr const char* large_shop = R"sql(
insert into orders ("id", "reference", "source", "status", "customerId", "total", "shippingCost", "notes", "storeIdentifier",
                    "trackingNumber", "shippingStatus", "shippingAccountId", "orderDate", "createdAt", "updatedAt")
select 'many-' || n, 'MANY-' || lpad(n::text, 5, '0'), 'ECOMANAGER',
       (case when n in (5001, 5003, 5005) then 'RETURNED' else 'SHIPPED' end)::"OrderStatus", 'c', 1500, 400,
       repeat('appeler avant ', 100), 'store', case when n % 2 = 1 then '17' || n end,
       case when n in (6001, 6003, 6005, 6007, 6009) then 'BLOQUÉ' when n % 2 = 1 then 'EXPÉDIÉ' end,
       case when n % 2000 <> 1999 then 'acc-1' end, at, at, at
from generate_series(1, 8000) n, lateral (select now() at time zone 'UTC' - interval '7 hours' - n * interval '1 minute' as at) t;
insert into suivi.parcel (account, uuid, reference, order_id, link, tracking, strength, status, created_at, as_of_shape, as_of_from,
                          as_of_to, source, pulled_at)
select 'acc-1', 'u-' || n, 'MANY-' || n, 'many-' || n, 3, '17' || n, 3, 31, now(), 3, now(), now(), 2,
       case when n < 3000 then now() - interval '2 days' else now() end
from generate_series(1, 7999, 2) n;
insert into suivi.sweep (id, account, account_name, kind, term, owner, started_at, finished_at, verdict, status_changed)
overriding system value
select n, 'acc-1', 'A', case when n % 72 = 0 then 'full' else 'incremental' end, 1, 'o', at, at, 'complete', 0
from generate_series(80001, 90000) n, lateral (select now() - (90001 - n) * interval '5 minutes' as at) t;
update suivi.sweep set status_changed = 300, started_at = now() - interval '10 minutes' where id = 90000;
insert into suivi.change (at, order_id, account, source, field, from_value, to_value, event_id)
select now() - interval '6 minutes', 'many-' || 1 + n % 8000, 'acc-1', 1, 'shippingStatus', 'A', 'B', n from generate_series(1, 40000) n;
insert into suivi.change (at, order_id, account, source, field, from_value, to_value, sweep_id)
select now() - interval '6 minutes', 'many-' || 2 * n, 'acc-1', 2, 'shippingStatus', 'A', 'B', 90000 from generate_series(1, 300) n;
insert into suivi.inbox (id, stored_on, received_at, account, raw, name, status, outcome)
select n, (now() at time zone 'UTC')::date, now(), 'acc-1', '{}', 'OrderStatusChanged', 31,
       case when n % 2 = 0 then 'quarantined' end
from generate_series(1, 4000) n;
select setval('suivi.event_id', 4000);
insert into suivi.event_outcome (event_id, stored_on, outcome, at)
select id, stored_on, 'failed', received_at from suivi.inbox where outcome is null;
analyze;
update suivi.sampling set wanted_at = clock_timestamp();
select suivi.take_sample())sql";

// How many rows it reads.
task<std::int64_t> rows_for(row_reader& here, std::function<task<void>()> act) {
  auto before = co_await here.rows_so_far();
  co_await act();
  auto after = co_await here.rows_so_far();
  co_return after - before;
}

struct listed {
  std::string query;
  std::size_t found;
};

std::vector<listed> lists() {
  return {{"view=untracked", 26},    {"view=untracked&only=unknown_to_courier", 0},
          {"view=unchecked", 26},    {"view=unassigned", 4},
          {"unmatched=true", 4},     {"only=on_the_way", 26},
          {"status=BLOQU%C3%89", 5}, {"status=RETURNED", 3},
          {"status=NOTHING", 0},     {"sweep=90000&counted=statusChanged", 26}};
}

task<void> check_list(row_reader& here, listed list) {
  auto read = read_order_list_query(*http::parse_target("/orders?limit=26&" + list.query));
  REQUIRE(read.has_value());
  order_list_query query = *read;
  std::size_t found = 0;
  auto act = [&]() -> task<void> {
    auto page = co_await list_orders_of(here.connection, query);
    REQUIRE(page.has_value());
    found = page->orders.size();
  };
  auto rows = co_await rows_for(here, act);
  CAPTURE(list.query);
  CHECK(found == list.found);
  CHECK(rows < 4'500);
}

// Page after page, each order once and newest first, as many as there are.
task<void> check_pages(row_reader& here, std::string view, std::size_t expected) {
  CAPTURE(view);
  order_list_query query = *read_order_list_query(*http::parse_target("/orders?limit=400&view=" + view));
  std::set<std::string> references;
  std::string newest;
  for (;;) {
    auto page = co_await list_orders_of(here.connection, query);
    REQUIRE(page.has_value());
    for (const auto& order : page->orders) {
      std::string reference(order.at("reference").as_string());
      CHECK(reference > newest); // the later its number, the older it is
      newest = reference;
      references.insert(std::move(reference));
    }
    if (!page->next) break;
    query.after = read_cursor(paged_list::orders, *page->next);
    REQUIRE(query.after.has_value());
  }
  CHECK(references.size() == expected);
}

task<void> check_sweeps(row_reader& here) {
  sweep_list_query query;
  query.fold = query.with_reported = true;
  std::size_t listed_rows = 0;
  auto act = [&]() -> task<void> {
    auto page = co_await list_sweeps_of(here.connection, query);
    REQUIRE(page.has_value());
    listed_rows = page->sweeps.size();
    CHECK(page->sweeps.at(0).at("kind") == "full");
    CHECK(page->sweeps.at(1).at("folded") == 71);
  };
  auto rows = co_await rows_for(here, act);
  CHECK(listed_rows == 25);
  CHECK(rows < 6'000);
}

task<void> check_troubles(row_reader& here) {
  auto act = [&]() -> task<void> {
    std::vector<shop::known_account> accounts;
    auto facts = co_await shop::read_problem_facts(here.connection, accounts);
    REQUIRE(facts.has_value());
    CHECK(facts->failed.count == 2'000);
    CHECK(facts->quarantined.count == 2'000);
    CHECK(facts->quarantined.since.has_value());
  };
  auto rows = co_await rows_for(here, act);
  CHECK(rows < 500);
}

} // namespace

TEST_CASE("a list of few of a large shop, a sweep's orders, folded sweeps and the count of troubles read a "
          "page's rows") {
  test::database db;
  test::a_shop(db);
  db.execute(large_shop);
  db.execute("vacuum suivi.inbox");
  db.execute("vacuum suivi.change");
  db.execute("vacuum suivi.event_outcome");
  REQUIRE(db.number("select pg_relation_size('orders') / 8192") > 1000);
  auto steps = [&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    row_reader here{db, std::move(connection)};
    for (const listed& list : lists()) {
      co_await check_list(here, list);
    }
    db.execute(R"(update orders set "shippingStatus" = U&'BLOQU\00C9' where "id" = 'many-7001';
      insert into suivi.change (order_id, account, source, field, from_value, to_value)
      values ('many-7001', 'acc-1', 1, 'shippingStatus', U&'EXP\00C9DI\00C9', U&'BLOQU\00C9'))");
    listed blocked{"status=BLOQU%C3%89", 6}; // what came since the sampling too
    co_await check_list(here, blocked);
    co_await check_pages(here, "untracked", 4'000);
    co_await check_pages(here, "unchecked", 1'500);
    co_await check_sweeps(here);
    co_await check_troubles(here);
  };
  test::run(steps);
}
