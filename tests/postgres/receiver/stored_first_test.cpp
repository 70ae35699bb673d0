// Webhooks are stored and answered first and applied then; nothing of the shop's makes an answer wait.
#include "receiver/inbox/ranges.hpp"
#include "tests/postgres/receiver/in_process_receiver.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

task<void> until_ready(receiver_inside& here) {
  while (!here.accounts.loaded()) co_await runtime::sleep_for(5ms);
}

std::vector<webhook> five_orders() {
  std::vector<webhook> rows;
  for (int n = 1; n <= 5; ++n) rows.push_back(order(n));
  return rows;
}

constexpr auto untouched = R"(select count(*) from orders where "shippingStatus" is null)";

} // namespace

TEST_CASE("webhooks that came together are stored in one transaction and applied in the next") {
  test::database db;
  receiver_inside here(db);
  auto rows = five_orders();
  auto steps = [&]() -> task<void> {
    co_await until_ready(here);
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) CHECK(answer);
    co_await here.until(nothing_pending, "0");
    while (here.events.in_flight() > 0) co_await runtime::sleep_for(5ms);
  };
  here.run(steps());
  CHECK(db.number("select count(distinct xmin::text) from suivi.inbox") == 1);
  CHECK(db.number(R"(select count(*) from suivi.inbox i join orders o on o."reference" = i.reference
                     join suivi.event_outcome e on e.event_id = i.id
                     where o.xmin = e.xmin and e.xmin <> i.xmin and e.outcome = 'applied' and e.order_id = o."id")") ==
        5);
  CHECK(db.number("select count(*) from suivi.change c join suivi.inbox i on i.id = c.event_id "
                  "where c.field = 'shippingStatus'") == 5);
}

TEST_CASE("what was seen before is neither stored nor applied again, alone or within one batch") {
  test::database db;
  receiver_inside here(db);
  std::vector<webhook> rows{order(1), order(2), order(1), order(3)};
  auto steps = [&]() -> task<void> {
    co_await until_ready(here);
    std::vector<webhook> one{rows[1]};
    auto first = co_await here.store(one);
    co_await here.until(nothing_pending, "0");
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) REQUIRE(answer);
    CHECK(answers[1]->repeated);
    CHECK(answers[1]->id == first[0]->id);
    CHECK(answers[0]->id == answers[2]->id);
    CHECK(answers[0]->repeated != answers[2]->repeated);
    CHECK_FALSE(answers[3]->repeated);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.inbox") == 3);
  CHECK(db.number("select count(*) from suivi.event_outcome") == 3);
}

TEST_CASE("an order that the shop has locked delays neither the answer nor its neighbors") {
  test::database db;
  receiver_inside here(db);
  auto rows = five_orders();
  auto steps = [&]() -> task<void> {
    co_await until_ready(here);
    auto shop = co_await test::connected(db.owner_options());
    auto locked = co_await shop.run_script(R"(begin; select from orders where "id" = 'o3' for update)");
    REQUIRE(locked);
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) CHECK(answer);
    co_await here.until(untouched, "96");
    CHECK(
        db.value(
            "select string_agg(i.reference, ' ') from suivi.pending join suivi.inbox i on i.id = event_id") ==
        "R3");
    auto released = co_await shop.run_script("rollback");
    REQUIRE(released);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(untouched) == 95);
}

TEST_CASE("while the shop's table is locked webhooks are stored and answered and applied afterwards") {
  test::database db;
  receiver_inside here(db);
  std::vector<webhook> rows{order(1), order(2)};
  std::vector<webhook> third{order(3)};
  auto steps = [&]() -> task<void> {
    co_await until_ready(here);
    auto shop = co_await test::connected(db.owner_options());
    auto locked = co_await shop.run_script("begin; lock table orders in access exclusive mode");
    REQUIRE(locked);
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) CHECK((answer && !answer->spooled));
    CHECK(db.number("select count(*) from suivi.waiting_event") == 2);
    answers = co_await here.store(third);
    CHECK((answers[0] && !answers[0]->spooled));
    CHECK(db.number("select count(*) from suivi.waiting_event") == 3);
    auto released = co_await shop.run_script("rollback");
    REQUIRE(released);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(untouched) == 97);
}

TEST_CASE("a trigger of the shop's that takes its time does not delay answers") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(4); return new; end $$;
    create trigger dawdle before update on orders for each row when (new."id" = 'o1') execute function dawdle())");
  std::vector<webhook> rows{order(1)};
  auto steps = [&]() -> task<void> {
    co_await until_ready(here);
    auto answers = co_await here.store(rows);
    REQUIRE(answers[0]);
    CHECK_FALSE(answers[0]->spooled);
    CHECK(db.number(untouched) == 100);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(untouched) == 99);
}

TEST_CASE("a range that somebody opens is applied all the same and each of its events once") {
  test::database db;
  receiver_inside here(db);
  auto rows = five_orders();
  auto steps = [&]() -> task<void> {
    co_await until_ready(here);
    auto shop = co_await test::connected(db.owner_options());
    auto locked = co_await shop.run_script("begin; lock table orders in access exclusive mode");
    REQUIRE(locked);
    auto answers = co_await here.store(rows);
    REQUIRE(answers[0]);
    auto other = co_await test::connected(db.options());
    pg::pipeline opening;
    add_open_ranges_of(opening, {answers[0]->id});
    auto opened = co_await other.run(std::move(opening));
    REQUIRE(opened);
    CHECK(db.number("select count(*) from suivi.waiting_event") == 5);
    auto released = co_await shop.run_script("rollback");
    REQUIRE(released);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(untouched) == 95);
  CHECK(db.number("select count(*) from suivi.event_outcome where outcome = 'applied'") == 5);
  CHECK(db.number("select count(*) from suivi.change where field = 'shippingStatus'") == 5);
}

TEST_CASE("a dead receiver's range is applied once its lease has lapsed") {
  test::database db;
  receiver_inside here(db);
  std::vector<webhook> left = five_orders();
  auto steps = [&]() -> task<void> {
    auto dead = co_await test::connected(db.options());
    std::span<const webhook> rows(left);
    auto kept = co_await ingest_as_range(dead, rows, "the dead one");
    REQUIRE(kept);
    CHECK(db.value("select owner from suivi.pending_range") == "the dead one");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(untouched) == 95);
}
