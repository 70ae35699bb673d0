// Which parked events are woken, and in which order.
#include "receiver/inbox/ingest.hpp"
#include "receiver/inbox/parked.hpp"
#include "receiver/inbox/pending.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

TEST_CASE("thousands of parked events that are woken in vain do not keep another from being woken") {
  test::database db;
  test::add_customer(db);
  test::add_order(db, "o1", "R1", "null");
  db.execute(R"(
    insert into suivi.pending (event_id, stored_on, state, attempts, due_at, reference)
    select n, current_date, 'parked', 4, now() + interval '1 minute', 'R1' from generate_series(1, 6000) n
    union all select 6001, current_date, 'parked', 1, now() + interval '5 minutes', 'R1')");
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    auto woken = co_await wake_parked(connection, false);
    REQUIRE(woken);
    CHECK(*woken == 5000);
  });
  CHECK(db.number("select count(*) from suivi.pending where event_id = 6001 and due_at <= now()") == 1);
}

TEST_CASE("a parcel whose order was deleted wakes nobody, one whose order is there does") {
  test::database db;
  test::add_customer(db);
  test::add_order(db, "o1", "R1", "null");
  db.execute(R"(
    insert into suivi.parcel (account, uuid, order_id, link, strength, status, known_fields, as_of_shape, as_of_from,
                              as_of_to, source, left_statuses)
    select 'acc-1', u, o, 3, 0, 31, 0, 2, now(), now(), 1, '{}' from (values ('u1', 'o1'), ('u2', 'gone')) as v(u, o);
    insert into suivi.pending (event_id, stored_on, state, attempts, due_at, uuid)
    values (1, current_date, 'parked', 4, now() + interval '5 minutes', 'u1'),
           (2, current_date, 'parked', 4, now() + interval '5 minutes', 'u2'))");
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    auto woken = co_await wake_parked(connection, false);
    REQUIRE(woken);
    CHECK(*woken == 1);
  });
  CHECK(db.number("select count(*) from suivi.pending where event_id = 2 and due_at <= now()") == 0);
}
