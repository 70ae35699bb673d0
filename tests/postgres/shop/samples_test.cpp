// Orders sampled and events counted, against a real database.
#include "common/shop/samples.hpp"

#include "common/shop/problems/problem_facts.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::test;

namespace {

void sample(const database& db) {
  db.execute("update suivi.sampling set wanted_at = clock_timestamp(); select suivi.take_sample()");
}

std::string newest(const database& db, const std::string& column, const std::string& account) {
  return db.value("select " + column + " from suivi.sample where account = '" + account +
                  "' and at = (select max(at) from suivi.sample)");
}

} // namespace

TEST_CASE("a sample counts orders, those with a number, and those that are without one for too long") {
  database db;
  db.execute(R"(insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
    values ('a', 'Main', 'company-maystro', '{}', now()))");
  add_customer(db);
  add_orders(db, 1, 10, "'a'");
  add_orders(db, 11, 13, "null");
  db.execute(
      R"(update orders set "status" = 'SHIPPED', "createdAt" = now() at time zone 'UTC' - interval '7 hours';
    update orders set "trackingNumber" = 'T' where "id" in ('o1', 'o2');
    update orders set "trackingNumber" = '' where "id" = 'o3';
    update orders set "status" = 'PENDING' where "id" = 'o4';
    update orders set "status" = 'CANCELLED' where "id" = 'o5';
    update orders set "createdAt" = now() at time zone 'UTC' - interval '5 hours' where "id" = 'o6';
    insert into suivi.lookup (order_id, account, asked_at, negatives) values ('o7', 'a', now(), 1);
    insert into suivi.adopted_order (order_id, account) values ('o11', 'a'))");
  sample(db);
  CHECK(newest(db, "orders", "a") == "10");
  CHECK(newest(db, "tracked", "a") == "2");
  CHECK(newest(db, "untracked", "a") == "5"); // o3, o7 to o10
  CHECK(newest(db, "unknown", "a") == "1");
  CHECK(newest(db, "orders", "") == "3");
  CHECK(newest(db, "untracked", "") == "2"); // adopted ones are some account's
  CHECK(db.value("select count(*) from suivi.sampled_order where view = 'untracked'") == "5");
  CHECK(db.value("select count(*) from suivi.sampled_order where view = 'unassigned'") == "3");
}

TEST_CASE("orders whose courier cannot be asked by reference are not unknown to it") {
  database db;
  add_customer(db);
  add_account(db, "n");
  add_orders(db, 1, 2, "'n'");
  db.execute(R"(
    update orders set "status" = 'SHIPPED', "createdAt" = now() at time zone 'UTC' - interval '7 hours';
    insert into suivi.account (id, whole_watermark) values ('n', now()))");
  sample(db);
  auto unknown = [&](courier_kind courier) {
    shop::known_account account{"n", "North", true, courier};
    std::int64_t counted = -1;
    auto body = [&]() -> task<void> {
      pg::connect_options options;
      options.url = db.url();
      pg::connection connection = co_await connected(options);
      std::vector<shop::known_account> accounts{account};
      auto facts = co_await shop::read_problem_facts(connection, std::move(accounts));
      REQUIRE(facts.has_value());
      CHECK(facts->untracked.count == 2);
      counted = facts->unknown_to_courier;
    };
    run(body);
    return counted;
  };
  CHECK(unknown(courier_kind::maystro) == 2);
  CHECK(unknown(courier_kind::nord_west) == 0);
}

TEST_CASE("of a quarter of an hour the newest sampling stays, and keeps what webhooks told before") {
  database db;
  sample(db);
  db.execute(R"(insert into suivi.account (id) values ('a');
    insert into suivi.change (at, order_id, account, source, field) values (clock_timestamp(), 'o1', 'a', 1, 'shippingStatus'))");
  sample(db);
  sample(db);
  CHECK(newest(db, "told", "a") == "1");
  CHECK(db.number("select count(distinct at) from suivi.sample") <= 2);
}

TEST_CASE("a sample is due when it is wanted or a sweep has ended that may have changed it, else it is not") {
  database db;
  sample(db);
  CHECK(db.value("select suivi.take_sample()") == "f");
  db.execute(R"(insert into suivi.sweep (account, account_name, kind, term, owner, finished_at)
    values ('a', 'Main', 'incremental', 1, 'x', clock_timestamp()))");
  CHECK(db.value("select suivi.take_sample()") == "f");
  db.execute(R"(insert into suivi.sweep (account, account_name, kind, term, owner, finished_at)
    values ('a', 'Main', 'lookups', 1, 'x', clock_timestamp()))");
  CHECK(db.value("select suivi.take_sample()") == "t");
  CHECK(db.value("select suivi.take_sample()") == "f");
}

TEST_CASE("counted events are those of the inbox, also when they are counted again and when they come late") {
  database db;
  auto store = [&](int id, const std::string& age, const std::string& outcome) {
    db.execute("insert into suivi.inbox (id, stored_on, received_at, account, raw, name) values (" +
               std::to_string(id) + ", (now() at time zone 'UTC')::date, now() - interval '" + age +
               "', 'a', '', 'X'); insert into suivi.event_outcome (event_id, stored_on, outcome) values (" +
               std::to_string(id) + ", (now() at time zone 'UTC')::date, '" + outcome +
               "'); select setval('suivi.event_id', " + std::to_string(id) + ")");
  };
  store(1, "40 minutes", "applied");
  store(2, "5 hours", "applied");
  db.execute("select suivi.count_events()");
  CHECK(db.value("select sum(events) from suivi.event_count where outcome = 'applied'") == "2");
  store(3, "6 hours", "stale"); // from a spool
  db.execute("select suivi.count_events(); select suivi.count_events()");
  CHECK(db.value("select sum(events) from suivi.event_count") == "3");
  CHECK(
      db.value(
          "select sum(events) from suivi.events_by_slot(now() - interval '7 hours', '1 hour', 'a', false)") ==
      "3");
  CHECK(db.value(
            "select count(*) from suivi.events_by_slot(now() - interval '7 hours', '1 hour', 'b', false)") ==
        "0");
}
