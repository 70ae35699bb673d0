// Lists of few events among many, and the indexes that know them.
#include "common/schema/partitions.hpp"
#include "tests/postgres/receiver/operations_stage.hpp"
#include "tests/support/run.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

std::vector<std::string> ids_of(const json::value& answer) {
  std::vector<std::string> ids;
  for (const json::value& one : answer.at("data").at("events").as_array())
    ids.emplace_back(one.at("id").as_string());
  return ids;
}

task<std::vector<std::string>> walk(operations_stage& here, std::string filter) {
  std::vector<std::string> ids;
  std::string after;
  for (int pages = 0; pages < 50; ++pages) {
    auto page = co_await here.request_json(
        200, "GET", "/api/v1/webhooks/events?limit=2&payload=false&after=" + after + "&" + filter);
    for (std::string& id : ids_of(page)) ids.push_back(std::move(id));
    const json::value& next = page.at("data").at("pagination").at("next");
    if (next.is_null()) break;
    after = std::string(next.as_string());
  }
  co_return ids;
}

const std::vector<std::string> filters{"since=1000d",
                                       "outcome=applied",
                                       "outcome=unchanged",
                                       "outcome=parked",
                                       "outcome=pending",
                                       "outcome=quarantined",
                                       "outcome=ignored",
                                       "outcome=failed",
                                       "processed=true",
                                       "processed=false",
                                       "source=GUEPEX",
                                       "source=MAYSTRO",
                                       "since=100h",
                                       "until=50h",
                                       "since=200h&until=30h",
                                       "eventType=x",
                                       "eventType=OrderStatusChanged",
                                       "eventType=OrderStatusChanged&outcome=parked",
                                       "eventType=x&outcome=applied&since=100h",
                                       "eventType=x&until=50h",
                                       "eventType=Nothing",
                                       "account=acc-1",
                                       "account=acc-1&eventType=x",
                                       "account=acc-1&processed=true"};

task<void> compare(operations_stage& here) {
  for (const std::string& filter : filters) {
    CAPTURE(filter);
    auto pages = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?limit=100&" + filter);
    auto walked = co_await walk(here, filter);
    std::vector<std::string> listed = ids_of(pages);
    CHECK(walked == listed);
    CHECK(pages.at("data").at("pagination").at("totalCount") == listed.size());
  }
}

} // namespace

TEST_CASE("whatever a list selects, its pages and its cursor show the same events") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{
        order(1), order(2), order(3), stranger(1), stranger(2), nonsense("{\"a\":"), nonsense("[]")};
    for (std::size_t i = 0; i < rows.size(); ++i) // over more than a week
      rows[i].received_at -= std::chrono::hours(40 * i);
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.event_outcome", "3");
    co_await here.until("select count(*) from suivi.waiting_event where state = 'parked'", "2");
    std::string reference = db.value("select min(reference) from suivi.inbox where reference is not null");
    auto of_order = co_await here.request_json(
        200, "GET", "/api/v1/webhooks/events?after=&payload=false&reference=" + reference);
    CHECK(ids_of(of_order).size() == 1);
    co_await compare(here); // nothing has been counted yet
    db.execute("select suivi.count_events()");
    co_await compare(here);
    // A spool kept these for days: they were stored after the count, and far from the day they came.
    std::vector<webhook> late{order(4), order(5), stranger(3), nonsense("{\"b\":")};
    for (std::size_t i = 0; i < late.size(); ++i) late[i].received_at -= std::chrono::hours(33 * (i + 1));
    co_await here.store(late);
    co_await here.until("select count(*) from suivi.event_outcome", "5");
    co_await here.until("select count(*) from suivi.waiting_event where state = 'parked'", "3");
    co_await compare(here);
    db.execute("select suivi.count_events(); select suivi.thin_samples()");
    co_await compare(here);
  };
  here.run(steps());
}

TEST_CASE("what was stored while events were counted is counted the next time but one") {
  test::database db;
  db.execute(R"sql(
    insert into suivi.inbox (id, stored_on, received_at, raw, name)
    values (nextval('suivi.event_id'), (now() at time zone 'UTC')::date, now() - interval '20 minutes', '', 'A');
    select suivi.count_events();
    update suivi.event_counted set counted_at = now() - interval '5 minutes';
    select suivi.count_events())sql");
  // Its number was taken before, its transaction ended after.
  db.execute(R"sql(
    insert into suivi.inbox (id, stored_on, received_at, raw, name)
    values (1000, (now() at time zone 'UTC')::date, now() - interval '30 hours', '', 'Late');
    select setval('suivi.event_id', 2000);
    update suivi.event_counted set up_to_event = 2000, event_before = 1, counted_at = now() - interval '5 minutes';
    select suivi.count_events())sql");
  CHECK(db.value("select sum(events) from suivi.event_count where name = 'Late'") == "1");
}

TEST_CASE("a day that is over gets the indexes that came after it, and today waits until it is over") {
  test::database db;
  auto steps = [&]() -> task<void> {
    auto maker = co_await test::connected(db.options());
    auto made = co_await maker.run_script(R"sql(
create table suivi.inbox_old partition of suivi.inbox for values from ('2020-01-01') to ('2020-01-02');
drop index suivi.inbox_by_reference;
create index inbox_by_reference on only suivi.inbox (reference) where reference is not null)sql");
    REQUIRE(made);
    auto more = co_await schema::index_next_day(maker);
    REQUIRE(more);
    CHECK(*more);
    for (int days = 0; *more && days < 10; ++days) {
      more = co_await schema::index_next_day(maker);
      REQUIRE(more);
    }
    CHECK_FALSE(*more);
  };
  test::run(steps);
  auto with_index = [&](const std::string& day) {
    return db.value("select count(*) from pg_indexes where schemaname = 'suivi' and tablename = " + day +
                    " and indexname like '%_by_reference'");
  };
  CHECK(with_index("'inbox_old'") == "1");
  CHECK(with_index("'inbox_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')") == "0");
}

TEST_CASE("an index of a past day is built for as long as it takes, whatever a connection's limits are") {
  test::database db;
  db.execute(R"sql(
create table suivi.inbox_old partition of suivi.inbox for values from ('2020-01-01') to ('2020-01-02');
drop index suivi.inbox_by_reference;
create index inbox_by_reference on only suivi.inbox (reference) where reference is not null;
insert into suivi.inbox (id, stored_on, received_at, raw, reference)
select n, '2020-01-01', '2020-01-01', '', md5(n::text) from generate_series(1, 200000) n)sql");
  auto steps = [&]() -> task<void> {
    auto limits = db.options();
    limits.statement_timeout = milliseconds(50);
    auto maker = co_await test::connected(limits);
    for (int days = 0; days < 20; ++days) {
      auto more = co_await schema::index_next_day(maker);
      REQUIRE(more);
      if (!*more) break;
    }
    static constexpr pg::statement limit{"", "show statement_timeout"};
    auto usual = co_await maker.run(limit);
    REQUIRE(usual);
    CHECK(usual->text(0, 0) == "50ms");
  };
  test::run(steps);
  CHECK(db.value("select count(*) from pg_indexes where schemaname = 'suivi' and tablename = 'inbox_old'"
                 " and indexname like '%_by_reference'") == "1");
}
