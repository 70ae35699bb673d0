// Lists of few events among many, and the indexes that know them.
#include "common/schema/partitions.hpp"
#include "tests/postgres/receiver/operations_stage.hpp"
#include "tests/support/run.hpp"

using namespace suivi;
using namespace suivi::receiver;

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
    for (const std::string& filter :
         {std::string("limit=100"), std::string("outcome=applied"), std::string("outcome=unchanged"),
          std::string("outcome=parked"), std::string("outcome=pending"), std::string("outcome=quarantined"),
          std::string("outcome=ignored"), std::string("processed=true"), std::string("processed=false"),
          std::string("source=GUEPEX"), std::string("since=100h"), "reference=" + reference}) {
      CAPTURE(filter);
      auto pages = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?" + filter);
      auto cursor = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?after=&" + filter);
      const auto& by_page = pages.at("data").at("events").as_array();
      const auto& by_cursor = cursor.at("data").at("events").as_array();
      REQUIRE(by_page.size() == by_cursor.size());
      for (std::size_t i = 0; i < by_page.size(); ++i) CHECK(by_page[i].at("id") == by_cursor[i].at("id"));
    }
    auto parked = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?after=&outcome=parked");
    CHECK(parked.at("data").at("events").as_array().size() == 2);
  };
  here.run(steps());
}

TEST_CASE("figures and lists of the last hours look into no older day, whatever holds it") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{order(1)};
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.event_outcome", "1");
    db.execute("create table suivi.event_outcome_20200101 partition of suivi.event_outcome"
               " for values from ('2020-01-01') to ('2020-01-02')");
    auto holder = co_await test::connected(db.owner_options());
    auto held = co_await holder.run_script(
        "begin; lock table only suivi.event_outcome_20200101 in access exclusive mode");
    REQUIRE(held);
    auto stats = co_await here.request_json(200, "GET", "/api/v1/webhooks/stats?period=24h");
    CHECK(stats.at("data").at("totalEvents") == 1);
    for (const char* filter :
         {"outcome=applied&since=1h", "processed=true&since=1h", "after=&outcome=applied&since=1h"}) {
      CAPTURE(filter);
      auto list = co_await here.request_json(200, "GET", fmt::format("/api/v1/webhooks/events?{}", filter));
      CHECK(list.at("data").at("events").as_array().size() == 1);
    }
  };
  here.run(steps());
}

TEST_CASE("an order's webhooks are found by its reference, also after the shop has given it another") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{order(1), order(2)};
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.event_outcome where by_reference", "2");
    auto found = [&](std::string reference) -> task<std::size_t> {
      std::string target = "/api/v1/webhooks/events?after=&reference=" + reference;
      auto answer = co_await here.request_json(200, "GET", target);
      co_return answer.at("data").at("events").as_array().size();
    };
    std::string reference = db.value("select min(reference) from suivi.inbox");
    std::size_t before = co_await found(reference);
    CHECK(before == 1);
    db.execute("update orders set \"reference\" = 'RENAMED' where \"reference\" = '" + reference + "'");
    std::size_t after = co_await found("RENAMED");
    CHECK(after == 1);
    std::size_t as_reported = co_await found(reference);
    CHECK(as_reported == 1);
  };
  here.run(steps());
}

TEST_CASE("a day that is over gets the indexes that came after it, and today its own beside its writers") {
  test::database db;
  auto has_index = [&](const std::string& day) {
    return db.value("select count(*) from pg_inherits h join pg_class c on c.oid = h.inhrelid"
                    " where h.inhparent = 'suivi.inbox_by_reference'::regclass and c.relname = " +
                    day + " || '_by_reference'");
  };
  std::string today = db.value("select 'inbox_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')");
  auto steps = [&]() -> task<void> {
    auto maker = co_await test::connected(db.options());
    auto made = co_await maker.run_script(R"sql(
create table suivi.inbox_20200101 partition of suivi.inbox for values from ('2020-01-01') to ('2020-01-02');
drop index suivi.inbox_by_reference;
create index inbox_by_reference on only suivi.inbox (reference) where reference is not null)sql");
    REQUIRE(made);
    // What a build that failed has left.
    db.execute("create index " + today + "_by_reference on suivi." + today +
               " (reference); update pg_index set indisvalid = false"
               " where indexrelid = 'suivi." +
               today + "_by_reference'::regclass");
    auto more = co_await schema::index_next_day(maker);
    for (int days = 0; more && *more && days < 10; ++days) more = co_await schema::index_next_day(maker);
    REQUIRE(more);
    CHECK_FALSE(*more);
    CHECK(has_index("'inbox_20200101'") == "1");
    CHECK(has_index("'" + today + "'") == "0");
    more = co_await schema::index_today(maker);
    REQUIRE(more);
    CHECK(*more);
    CHECK(has_index("'" + today + "'") == "1");
    more = co_await schema::index_today(maker);
    REQUIRE(more);
    CHECK_FALSE(*more);
  };
  test::run(steps);
}
