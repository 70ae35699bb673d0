// How many rows the screen's questions read of a shop that has been at work: few, whatever there is.
#include "common/shop/coverage.hpp"
#include "common/shop/problems/problem_facts.hpp"
#include "receiver/api/events/event_queries.hpp"
#include "receiver/api/orders/order_list.hpp"
#include "receiver/api/overview/overview_queries.hpp"
#include "tests/postgres/receiver/row_reader.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr int orders = 6'000, events = 300'000;

// Of 1,000 webhooks one failed and one was not understood; 40 of two days ago are of a type that is seldom.
constexpr const char* busy_shop = R"sql(
insert into orders ("id", "reference", "source", "status", "customerId", "total", "shippingCost", "notes", "storeIdentifier",
                    "trackingNumber", "shippingAccountId", "orderDate", "createdAt", "updatedAt")
select 'many-' || n, 'MANY-' || n, 'ECOMANAGER', 'SHIPPED', 'c', 1500, 400, repeat('appeler avant ', 100), 'store',
       '17' || n, 'acc-1', at, at, at
from generate_series(1, 6000) n, lateral (select now() at time zone 'UTC' - n * interval '1 minute' as at) t;
do $$
declare
  today date := (now() at time zone 'UTC')::date;
begin
  for back in 1..5 loop -- 100 hours reach into the fifth day
    execute format('create table suivi.%I partition of suivi.inbox for values from (%L) to (%L)',
                   'inbox_' || to_char(today - back, 'YYYYMMDD'), today - back, today - back + 1);
    execute format('create table suivi.%I partition of suivi.event_outcome for values from (%L) to (%L)',
                   'event_outcome_' || to_char(today - back, 'YYYYMMDD'), today - back, today - back + 1);
  end loop;
end $$;
insert into suivi.inbox (id, stored_on, received_at, account, raw, name, reference, status, outcome)
select n, (t at time zone 'UTC')::date, t, 'a', '{}',
       case when n between 112501 and 112540 then 'Seldom' when n % 60 = 7 then 'Spread' else 'OrderStatusChanged' end, 'MANY-' || n % 6000, 31,
       case when n % 1000 = 993 then 'quarantined' end
from generate_series(1, 300000) n, lateral (select now() - (300000 - n) * interval '1.2 seconds' as t) x;
select setval('suivi.event_id', 300000);
insert into suivi.event_outcome (event_id, stored_on, outcome, order_id, at, by_reference)
select id, stored_on, case when id % 1000 = 991 then 'failed' else 'applied' end, 'many-' || id % 6000, received_at, true
from suivi.inbox where outcome is null;
insert into suivi.parcel (account, uuid, reference, order_id, link, tracking, strength, status, created_at, as_of_shape, as_of_from,
                          as_of_to, source, pulled_at)
select 'acc-1', 'u-' || n, 'MANY-' || n, 'many-' || n, 3, '17' || n, 3, case when n % 5 = 0 then 31 else 41 end, now(), 3, now(),
       now(), 2, now()
from generate_series(1, 6000) n;
update orders set "trackingNumber" = null where "id" like 'many-%' and substr("id", 6)::int % 200 = 100;
insert into suivi.lookup (order_id, account, asked_at, negatives)
select "id", 'acc-1', now(), 1 from orders where "id" like 'many-%' and "trackingNumber" is null;
analyze;
select suivi.take_sample(), suivi.count_events();
update suivi.event_counted set event_before = up_to_event; -- as a later count makes it
)sql";

event_filter of_outcome(std::string outcome) {
  event_filter f;
  f.outcome = std::move(outcome);
  return f;
}

event_filter of_name(std::string name) {
  event_filter f;
  f.name = std::move(name);
  return f;
}

event_filter of_reference(std::string reference) {
  event_filter f;
  f.reference = std::move(reference);
  return f;
}

event_filter of_guepex() {
  event_filter f;
  std::string_view source = event_source(courier_kind::guepex);
  f.source = std::string(source);
  f.origins.senders = {{source, event_type_prefix(courier_kind::guepex), {}}};
  return f;
}

event_filter unprocessed() {
  event_filter f;
  f.processed = false;
  return f;
}

struct listed {
  std::string name;
  event_filter filter;
  std::size_t found; // on its first page of 25
};

std::vector<listed> lists() {
  return {{"all", {}, 25},
          {"applied", of_outcome("applied"), 25},
          {"failed", of_outcome("failed"), 25},
          {"quarantined", of_outcome("quarantined"), 25},
          {"conflict", of_outcome("conflict"), 0},
          {"parked", of_outcome("parked"), 0},
          {"stale", of_outcome("stale"), 0},
          {"unprocessed", unprocessed(), 25},
          {"a seldom type", of_name("Seldom"), 25},
          {"a type of some in each hour", of_name("Spread"), 25},
          {"a type that nobody has", of_name("Nothing"), 0},
          {"a courier that sends none", of_guepex(), 0},
          {"one order", of_reference("MANY-42"), 25}};
}

task<void> check_lists(row_reader& here) {
  for (const listed& list : lists()) {
    CAPTURE(list.name);
    event_query q;
    q.filter = list.filter;
    q.by_cursor = true;
    auto before = co_await here.rows_so_far();
    auto page = co_await find_events(here.connection, q);
    REQUIRE(page.has_value());
    CHECK(page->events.size() == list.found);
    CHECK(page->next.has_value() == (list.found == 25));
    auto after = co_await here.rows_so_far();
    CHECK(after - before < 5'000);
  }
}

// Every list asks which days have events: of these alone, and not of every table there is.
task<void> check_days(row_reader& here) {
  pg::statement kept{"", "select statement from pg_prepared_statements where name = 'events_days'"};
  auto text = co_await here.connection.run(kept);
  REQUIRE(text.has_value());
  REQUIRE(text->size() == 1);
  std::string explain = "explain (costs off) " + std::string(text->text(0, 0));
  pg::statement explained{"", explain};
  auto plan = co_await here.connection.run(explained);
  REQUIRE(plan.has_value());
  std::size_t filters = 0;
  for (std::size_t i = 0; i < plan->size(); ++i) {
    std::string line(plan->text(i, 0));
    if (line.find("pg_relation_size") == std::string::npos) continue;
    ++filters;
    CHECK_MESSAGE(line.find("inhrelid") != std::string::npos, line);
  }
  CHECK(filters == 1);
}

task<void> check_overview(row_reader& here) {
  auto before = co_await here.rows_so_far();
  std::vector<shop::known_account> accounts;
  auto facts = co_await shop::read_problem_facts(here.connection, accounts);
  REQUIRE(facts.has_value());
  CHECK(facts->quarantined.count == events / 1000);
  CHECK(facts->failed.count == events / 1000);
  std::vector<std::string> ids;
  auto figures = co_await read_overview_figures(here.connection, ids);
  REQUIRE(figures.has_value());
  auto after = co_await here.rows_so_far();
  CHECK(after - before < 4'000);
}

task<void> check_orders(row_reader& here) {
  auto before = co_await here.rows_so_far();
  auto counted = co_await shop::recent_coverage(here.connection);
  REQUIRE(counted.has_value());
  CHECK(counted->sum.total >= orders);
  auto between = co_await here.rows_so_far();
  CHECK(between - before < 100);
  order_list_query q;
  q.query = "MANY-";
  auto page = co_await list_orders_of(here.connection, q);
  REQUIRE(page.has_value());
  auto after = co_await here.rows_so_far();
  CHECK(after - between < orders / 2);
}

// Of 6,000 orders 1,200 are on their way, of 30 the courier knows nothing, all others have their number.
task<void> check_parts_of_orders(row_reader& here) {
  struct part {
    order_part only;
    order_view view;
    std::size_t found;
  };
  for (const part& one : {part{order_part::on_the_way, order_view::all, 26},
                          part{order_part::with_account, order_view::all, 26},
                          part{order_part::with_number, order_view::all, 26},
                          part{order_part::unknown_to_courier, order_view::untracked, 26},
                          part{order_part::with_number, order_view::unassigned, 0}}) {
    CAPTURE(static_cast<int>(one.only));
    order_list_query q;
    q.only = one.only;
    q.view = one.view;
    q.limit = 26;
    auto before = co_await here.rows_so_far();
    auto page = co_await list_orders_of(here.connection, q);
    REQUIRE(page.has_value());
    CHECK(page->orders.size() == one.found);
    auto after = co_await here.rows_so_far();
    CHECK(after - before < 1'000);
  }
}

} // namespace

TEST_CASE("no list, overview or search of the screen reads more than a few of many rows") {
  test::database db;
  test::a_shop(db);
  db.execute(busy_shop);
  auto steps = [&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    row_reader here{db, std::move(connection)};
    co_await check_lists(here);
    co_await check_days(here);
    co_await check_overview(here);
    co_await check_orders(here);
    co_await check_parts_of_orders(here);
  };
  test::run(steps);
}
