// Since when a problem is there, as the database keeps it.
#include "common/shop/problems/problem_facts.hpp"

#include "common/shop/problems/clock_record.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using namespace suivi::test;

namespace {

task<verdict::facts> facts_of(pg::connection& db) {
  std::vector<shop::known_account> accounts{{"acc-1", "Main"}, {"acc-2", "Other"}};
  auto facts = co_await shop::read_problem_facts(db, std::move(accounts));
  REQUIRE(facts.has_value());
  co_return std::move(*facts);
}

void beside(const database& db, std::function<task<void>(pg::connection&)> body) {
  run([&]() -> task<void> {
    pg::connect_options options;
    options.url = db.url();
    pg::connection connection = co_await connected(options);
    co_await body(connection);
  });
}

} // namespace

TEST_CASE("orders are contested since the oldest of them was, without those that have got their account") {
  database db;
  a_shop(db);
  add_orders(db, 1, 3, "null");
  db.execute(R"(insert into suivi.adopted_order (order_id, account, contested_by, at) values
    ('o1', 'acc-1', 'acc-2', '2026-11-03 10:00Z'), ('o2', 'acc-1', 'acc-2', '2026-11-02 10:00Z'),
    ('o3', 'acc-1', null, '2026-11-01 10:00Z'))");
  beside(db, [&](pg::connection& connection) -> task<void> {
    auto facts = co_await facts_of(connection);
    CHECK(facts.contested.count == 2);
    CHECK(facts.contested.since ==
          instant(std::chrono::sys_days{std::chrono::year(2026) / 11 / 2}) + std::chrono::hours(10));
    db.execute(R"(update orders set "shippingAccountId" = 'acc-1' where "id" = 'o2')");
    auto after = co_await facts_of(connection);
    CHECK(after.contested.count == 1);
    CHECK(after.contested.since == *facts.contested.since + std::chrono::hours(24));
  });
}

TEST_CASE(
    "of quarantined webhooks those tried again by hand are left out, and very many are counted as they are") {
  database db;
  auto store = [&](int first, int last) {
    db.execute(fmt::format("insert into suivi.inbox (id, stored_on, received_at, raw, outcome)"
                           " select n, current_date, timestamptz '2026-11-01 10:00Z' + n * interval '1 "
                           "second', '', 'quarantined'"
                           " from generate_series({}, {}) n",
                           first, last));
  };
  store(1, 1'000);
  db.execute("insert into suivi.event_outcome (event_id, stored_on, outcome)"
             " select id, stored_on, 'applied' from suivi.inbox where id <= 10");
  auto looked_up = [&] {
    db.execute("select pg_stat_force_next_flush()");
    return db.number(
        "select coalesce(sum(idx_scan), 0) from pg_stat_user_tables where relname like 'event_outcome%'");
  };
  beside(db, [&](pg::connection& connection) -> task<void> {
    auto few = co_await facts_of(connection);
    CHECK(few.quarantined.count == 990);
    CHECK(few.quarantined.since == *parse_instant("2026-11-01T10:00:11Z"));
    store(1'001, 5'000);
    auto many = co_await facts_of(connection);
    CHECK(many.quarantined.count == 5'000);
  });
  beside(db, [&](pg::connection& connection) -> task<void> {
    auto before = looked_up();
    co_await facts_of(connection);
    CHECK(looked_up() - before < 1'000);
  });
}

TEST_CASE("since when clocks are apart outlives the program that saw it, until they agree") {
  database db;
  beside(db, [&](pg::connection& connection) -> task<void> {
    verdict::facts apart;
    apart.database_clock_ahead = std::chrono::seconds(2);
    std::optional<instant> first, second;
    co_await shop::record_clocks(connection, apart, first);
    db.execute("update suivi.clock_skew set since = since - interval '3 days'");
    instant since = *first - std::chrono::days(3);
    co_await shop::record_clocks(connection, apart, second); // another program, or the same one again
    CHECK(apart.clocks_apart_since == since);
    CHECK(second == since);
    db.execute("update suivi.clock_skew set seen_at = seen_at - interval '2 hours'");
    co_await shop::record_clocks(connection, apart, second);
    CHECK(apart.clocks_apart_since == since);
    verdict::facts agreeing;
    std::optional<instant> third;
    co_await shop::record_clocks(connection, agreeing, third);
    CHECK_FALSE(agreeing.clocks_apart_since);
    CHECK(db.number("select count(*) from suivi.clock_skew") == 0);
  });
}

TEST_CASE("clocks that are apart are told where nothing can be recorded") {
  database db;
  db.execute("drop table suivi.clock_skew");
  beside(db, [&](pg::connection& connection) -> task<void> {
    verdict::facts apart;
    apart.database_clock_ahead = std::chrono::seconds(2);
    std::optional<instant> since;
    co_await shop::record_clocks(connection, apart, since);
    CHECK(apart.clocks_apart_since == since);
    CHECK(since.has_value());
  });
}
