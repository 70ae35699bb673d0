// What a page of the screen asks for reads few rows of a large database, and those by indexes: rows are
// counted as PostgreSQL counts them for its statistics.
#include "common/shop/problem_facts.hpp"
#include "receiver/api/accounts/account_figures.hpp"
#include "receiver/api/events/event_detail.hpp"
#include "receiver/api/events/event_list.hpp"
#include "receiver/api/orders/order_list.hpp"
#include "receiver/api/overview/overview_queries.hpp"
#include "receiver/api/overview/series_queries.hpp"
#include "receiver/api/sweeps/sweep_list.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

namespace {

// 50,000 orders and 300,000 events of 30 days; of 1,000 events one each failed, is in conflict, was not
// understood and waits.
constexpr std::string_view filled = R"sql(
insert into customers ("id", "name", "phone", "updatedAt") values ('c', 'Client', '0550000001', now());
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
select 'acc-1', 'Main', "id", '{"apiKey": "example-key-1"}', now() from shipping_companies where "slug" = 'maystro';
insert into suivi.account (id, name, full_watermark, whole_watermark, webhook_heard_at)
values ('acc-1', 'Main', now(), now(), now() - interval '7 hours');
insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "trackingNumber", "status", "shippingStatus",
                    "createdAt", "updatedAt")
select 'o' || n, 'R' || n, 'c', 1, 'acc-1', case when n % 500 <> 7 then 'T' || n end, 'SHIPPED',
       case when n % 200 = 5 then U&'ALERT\00C9' else U&'LIVR\00C9' end, at, at
from generate_series(1, 50000) n, lateral (select now() at time zone 'UTC' - (50000 - n) * interval '1 minute' as at) t;
insert into suivi.parcel (account, uuid, display_id, reference, order_id, link, tracking, strength, status, created_at,
                          as_of_shape, as_of_from, as_of_to, source, pulled_at)
select 'acc-1', md5("id")::uuid::text, "id", "reference", "id", 3, "trackingNumber", 3,
       case when "shippingStatus" <> U&'LIVR\00C9' then 32 when substr("id", 2)::int % 100 = 9 then 31 else 41 end,
       "createdAt" at time zone 'UTC', 3, now(), now(), 2, now()
from orders where "trackingNumber" is not null;
do $$
begin
  for back in 1..31 loop
    execute format('create table suivi.%I partition of suivi.inbox for values from (%L) to (%L)', 'inbox_back' || back,
                   (now() at time zone 'UTC')::date - back, (now() at time zone 'UTC')::date - back + 1);
    execute format('create table suivi.%I partition of suivi.event_outcome for values from (%L) to (%L)', 'outcome_back' || back,
                   (now() at time zone 'UTC')::date - back, (now() at time zone 'UTC')::date - back + 1);
  end loop;
end $$;
insert into suivi.inbox (id, stored_on, received_at, account, raw, name, reference, status, outcome)
select n, (t at time zone 'UTC')::date, t, 'acc-1', '{}',
       case when n % 1000 = 993 then null when n = 150000 then 'Seldom' else 'OrderStatusChanged' end, 'R' || n % 50000, 31,
       case when n % 1000 = 993 then 'quarantined' when n % 3000 = 994 then 'ignored' end
from generate_series(1, 300000) n, lateral (select now() - (300000 - n) * (interval '30 days' / 300001) as t) x;
select setval('suivi.event_id', 300000);
insert into suivi.event_outcome (event_id, stored_on, outcome, order_id, at)
select id, stored_on, case id % 1000 when 991 then 'failed' when 992 then 'conflict'
                        else (array['applied', 'applied', 'unchanged', 'stale'])[1 + id % 4] end, 'o' || id % 50000, received_at
from suivi.inbox where outcome is null and id % 1000 <> 995;
insert into suivi.pending (event_id, stored_on, state, since, attempts, due_at, reference)
select id, stored_on, 'parked', received_at, 3, now() + interval '1 hour', reference from suivi.inbox where id % 1000 = 995;
insert into suivi.change (at, order_id, account, source, field, from_value, to_value, event_id)
select at, order_id, 'acc-1', 1, 'shippingStatus', 'a', 'b', event_id from suivi.event_outcome where outcome = 'applied' and event_id > 200000;
insert into suivi.sweep (account, account_name, kind, term, owner, started_at, seen_at, finished_at, verdict, missed_by_webhook)
select 'acc-1', 'Main', case when n % 72 = 0 then 'full' else 'incremental' end, 1, 'x', t, t, t, 'complete', n % 7
from generate_series(1, 9000) n, lateral (select now() - n * interval '5 minutes' as t) x;
)sql";

constexpr pg::statement flush{"", "select pg_stat_force_next_flush()"};
// An index entry and the row it names count once each.
constexpr pg::statement read_so_far{"", R"sql(
select (select coalesce(sum(seq_tup_read), 0) from pg_stat_user_tables)::bigint,
       (select coalesce(sum(idx_tup_read), 0) from pg_stat_user_indexes)::bigint
)sql"};

struct rows_read {
  std::int64_t by_scan = 0, by_index = 0;
};

task<rows_read> count_reads(pg::connection& db) {
  auto flushed = co_await db.run(flush);
  REQUIRE(flushed);
  auto found = co_await db.run(read_so_far);
  REQUIRE(found);
  co_return rows_read{found->integer(0, 0), found->integer(0, 1)};
}

http::target target_of(const std::string& text) {
  auto parsed = http::parse_target(text);
  REQUIRE(parsed);
  return *parsed;
}

task<bool> ask(pg::connection& db, std::string address) {
  http::target from = target_of("/" + address);
  if (address.starts_with("events?")) {
    auto query = read_event_query(from, suivi::now());
    REQUIRE(query);
    auto page = co_await find_events(db, *query);
    REQUIRE(page);
    auto read = co_await read_events(db, page->events, 65540);
    REQUIRE(read);
    co_return !read->empty();
  }
  if (address.starts_with("orders?")) {
    auto query = read_order_list_query(from);
    REQUIRE(query);
    auto page = co_await list_orders_of(db, *query);
    REQUIRE(page);
    co_return !page->orders.empty();
  }
  if (address.starts_with("series?")) {
    auto query = read_series_query(from, suivi::now());
    REQUIRE(query);
    auto points = co_await read_series(db, *query, true);
    REQUIRE(points);
    co_return !points->empty();
  }
  if (address.starts_with("sweeps?")) {
    auto query = read_sweep_list_query(from);
    REQUIRE(query);
    auto page = co_await list_sweeps_of(db, *query);
    REQUIRE(page);
    co_return !page->sweeps.empty();
  }
  if (address == "views") {
    auto views = co_await count_views(db);
    REQUIRE(views);
  } else if (address == "overview") {
    std::vector<std::string> accounts{"acc-1"};
    auto figures = co_await read_overview_figures(db, std::move(accounts));
    REQUIRE(figures);
  } else if (address == "accounts") {
    auto figures = co_await read_account_figures(db, "acc-1");
    REQUIRE(figures);
  } else if (address == "stats") {
    instant since = suivi::now() - std::chrono::hours(24 * 30);
    auto counts = co_await count_events(db, since, std::nullopt);
    REQUIRE(counts);
  } else if (address == "problems") {
    std::vector<shop::known_account> accounts{{"acc-1", "Main", true}};
    auto facts = co_await shop::read_problem_facts(db, std::move(accounts));
    REQUIRE(facts);
  }
  co_return true;
}

struct page_request {
  std::string address;
  bool any = true;                  // there are such
  std::int64_t by_index_max = 4000; // index entries read
};

const std::vector<page_request> pages_asked_for{
    {"events?after="},
    {"events?after=&outcome=applied"},
    {"events?after=&outcome=unchanged", true, 20'000},
    {"events?after=&outcome=stale", true, 20'000},
    {"events?after=&outcome=ignored"},
    {"events?after=&outcome=parked"},
    {"events?after=&outcome=confirming", false},
    {"events?after=&outcome=pending", false},
    {"events?after=&outcome=failed"},
    {"events?after=&outcome=conflict"},
    {"events?after=&outcome=quarantined"},
    {"events?after=&processed=false"},
    {"events?after=&processed=true"},
    {"events?after=&reference=R42"},
    {"events?after=&reference=nothing", false},
    {"events?after=&eventType=OrderStatusChanged"},
    {"events?after=&eventType=Seldom"},
    {"events?after=&eventType=Nothing", false},
    {"events?after=&account=acc-1"},
    {"events?after=&account=nobody", false},
    {"events?after=&account=acc-1&outcome=failed"},
    {"events?after=&account=acc-1&eventType=Nothing&outcome=applied", false},
    {"events?after=&source=MAYSTRO"},
    {"events?after=&source=GUEPEX", false, 6000},
    {"events?after=&until=20d"},
    {"events?after=&until=20d&outcome=failed"},
    {"events?after=&until=20d&eventType=OrderStatusChanged"},
    {"orders?view=all"},
    {"orders?view=untracked"},
    {"orders?view=unchecked", false},
    {"orders?view=alerted"},
    {"orders?view=contested", false},
    {"orders?view=unassigned", false},
    {"orders?view=conflicting", false},
    {"orders?query=R42"},
    {"orders?query=T42"},
    {"sweeps?after="},
    {"sweeps?kind=full"},
    {"sweeps?fold=true"},
    {"series?name=coverage&period=90d"},
    {"series?name=webhooks&period=1h"},
    {"series?name=webhooks&period=24h", true, 40'000},
    {"series?name=webhooks&period=90d", true, 40'000},
    {"series?name=missed&period=1h"},
    {"series?name=missed&period=90d", true, 20'000},
    {"series?name=freshness&period=90d"},
    {"views", true, 4000},
    {"overview", true, 80'000},
    {"accounts", true, 80'000},
    {"problems", true, 60'000},
    {"stats", true, 40'000},
};

} // namespace

TEST_CASE("what a page asks for reads few of 300,000 events and 50,000 orders, each by an index") {
  test::database db;
  db.execute(filled);
  db.execute("analyze");
  db.execute("select suivi.take_sample(), suivi.count_events()");
  db.execute("vacuum analyze suivi.event_count, suivi.sample, suivi.pending, suivi.sweep, suivi.change, "
             "orders, suivi.parcel");
  auto steps = [&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    // Called once, so that what is read of the catalog does not count.
    for (const page_request& each : pages_asked_for) {
      CAPTURE(each.address);
      auto before = co_await count_reads(connection);
      bool any = co_await ask(connection, each.address);
      auto after = co_await count_reads(connection);
      CHECK(any == each.any);
      std::int64_t scanned = after.by_scan - before.by_scan;
      std::int64_t indexed = after.by_index - before.by_index;
      CAPTURE(scanned);
      CAPTURE(indexed);
      CHECK(scanned < 20'000);
      CHECK(indexed <= each.by_index_max);
    }
  };
  test::run(steps);
}
