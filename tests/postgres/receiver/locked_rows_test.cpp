// Rows of the shop's that a trigger of its needs, locked by somebody else.
#include "tests/postgres/receiver/in_process_receiver.hpp"

using namespace suivi;
using namespace suivi::receiver;

TEST_CASE("a row of the shop that a trigger waits for holds up the webhooks of nobody else") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function touch() returns trigger language plpgsql security definer as $$
    begin perform 1 from customers where "id" = 'c' for update; return new; end $$;
    create trigger touch before update on orders for each row when (new."id" = 'o7') execute function touch())");
  std::vector<webhook> rows;
  for (int n = 1; n <= 20; ++n) rows.push_back(order(n));
  auto steps = [&]() -> task<void> {
    auto shop = co_await test::connected(db.owner_options());
    auto locked = co_await shop.run_script("begin; select 1 from customers for update");
    REQUIRE(locked);
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "19");
    CHECK(db.value("select state from suivi.pending") == "pending");
    auto released = co_await shop.run_script("rollback");
    REQUIRE(released);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o7')") == "EXPÉDIÉ");
}

TEST_CASE(
    "where one webhook of a batch needs a locked row, what was stored apart from it is applied as a whole") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create table waited_alone (event_id bigint);
    create function note_alone() returns trigger language plpgsql security definer as $$
    begin insert into waited_alone values (new.event_id); return new; end $$;
    create trigger note_alone after insert on suivi.pending for each row execute function note_alone();
    create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
    create trigger dawdle after insert on suivi.event_outcome for each statement execute function dawdle();
    create function touch() returns trigger language plpgsql security definer as $$
    begin perform 1 from customers where "id" = 'c' for update; return new; end $$;
    create trigger touch before update on orders for each row when (new."id" = 'o27') execute function touch())");
  auto steps = [&]() -> task<void> {
    auto shop = co_await test::connected(db.owner_options());
    auto locked = co_await shop.run_script("begin; select 1 from customers for update");
    REQUIRE(locked);
    std::vector<webhook> first{order(100)}; // its batch takes long, the others gather meanwhile
    co_await here.store(first);
    co_await here.until("select count(*) from pg_stat_activity where wait_event = 'PgSleep'", "1");
    for (int from : {1, 21, 41, 61}) {
      std::vector<webhook> rows;
      for (int n = from; n < from + 20; ++n) rows.push_back(order(n));
      co_await here.store(rows);
    }
    db.execute("drop trigger dawdle on suivi.event_outcome");
    co_await here.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "80");
    CHECK(db.number("select count(distinct event_id) from waited_alone") == 20);
    auto released = co_await shop.run_script("rollback");
    REQUIRE(released);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')") == 81);
}
