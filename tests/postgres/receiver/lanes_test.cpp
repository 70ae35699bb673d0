// Intake and apply lane together against a real database and shop.
#include "tests/postgres/receiver/in_process_receiver.hpp"

#include "common/maystro/envelope.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/narrow_database.hpp"

using namespace suivi;
using namespace suivi::receiver;

TEST_CASE("many webhooks at once are stored and applied each to its order") {
  test::database db;
  receiver_inside here(db);
  std::vector<webhook> rows;
  for (int n = 1; n <= 100; ++n) rows.push_back(order(n));
  std::set<std::int64_t> ids;
  auto steps = [&]() -> task<void> {
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) {
      REQUIRE(answer);
      CHECK_FALSE(answer->repeated);
      ids.insert(answer->id);
    }
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(ids.size() == 100);
  CHECK(db.number(R"(select count(*) from orders
                     where "shippingStatus" = 'EXPÉDIÉ' and "maystroOrderId" = 'u' || substr("id", 2))") ==
        100);
  CHECK(db.number("select count(*) from suivi.event_outcome where outcome = 'applied'") == 100);
}

TEST_CASE("what two lanes apply at once ends as each order's newest, every event with an outcome") {
  test::database db;
  receiver_inside here(db);
  db.execute(test::orders_sql("o", "R", 101, 600, "'acc-1'"));
  auto steps = [&]() -> task<void> {
    instant published = suivi::now() - 1h;
    for (int status : {8, 22, 31}) {
      std::vector<webhook> rows;
      for (int n = 1; n <= 600; ++n) {
        webhook row = order(n, status);
        row.event.published_at = published + std::chrono::seconds(status);
        rows.push_back(std::move(row));
      }
      auto answers = co_await here.store(rows);
      for (const auto& answer : answers) REQUIRE(answer);
    }
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')") == 600);
  CHECK(db.number("select count(*) from suivi.event_outcome") == 1800);
  CHECK(db.number("select count(distinct event_id) from suivi.event_outcome"
                  " where outcome in ('applied', 'unchanged', 'stale')") == 1800);
  CHECK(db.number("select count(*) from suivi.parcel where status = 31") == 600);
}

TEST_CASE("a webhook that the database refuses is kept as bytes and harms none of its batch") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function refuse() returns trigger language plpgsql as $$
    begin if new.reference = 'R7' then raise 'poison' using errcode = '22P05'; end if; return new; end $$;
    create trigger refuse before insert on suivi.inbox for each row execute function refuse())");
  std::vector<webhook> rows;
  for (int n = 1; n <= 20; ++n) rows.push_back(order(n));
  auto steps = [&]() -> task<void> {
    auto answers = co_await here.store(rows);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      REQUIRE(answers[i]);
      CHECK(answers[i]->poison.empty() == (i != 6));
    }
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.event_outcome where outcome = 'applied'") == 19);
  CHECK(db.number(
            "select count(*) from suivi.inbox where outcome = 'quarantined' and octet_length(raw) > 20") ==
        1);
}

TEST_CASE("an event that cannot be applied is failed with its error and harms none of its batch") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function refuse() returns trigger language plpgsql as $$
    begin raise 'poison' using errcode = '22003'; end $$;
    create trigger refuse before update on orders for each row when (new."id" = 'o7') execute function refuse())");
  std::vector<webhook> rows;
  for (int n = 1; n <= 20; ++n) rows.push_back(order(n));
  auto steps = [&]() -> task<void> {
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "19");
    co_await here.until("select state || ' ' || error from suivi.pending", "failed sqlstate:22003");
    db.execute("drop trigger refuse on orders");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o7')") == "EXPÉDIÉ");
}

TEST_CASE("an event whose order a trigger refuses for what no row should cause harms none of its batch") {
  test::database db;
  receiver_inside here(db);
  std::string body, code;
  SUBCASE("a table that is not there") {
    body = "insert into nowhere values (1)";
    code = "failed sqlstate:42P01";
  }
  SUBCASE("a function that is not there") {
    body = "perform nothing_there()";
    code = "failed sqlstate:42883";
  }
  SUBCASE("a connection of its own that is lost") {
    body = "raise exception using errcode = '08006'";
    code = "failed sqlstate:08006";
  }
  SUBCASE("a server that shuts down, it says") {
    body = "raise exception using errcode = '57P01'";
    code = "failed sqlstate:57P01";
  }
  SUBCASE("a feature that it does not know") {
    body = "raise exception using errcode = '0A000'";
    code = "failed sqlstate:0A000";
  }
  SUBCASE("a deadlock that it meets each time") {
    body = "raise exception using errcode = '40P01'";
    code = "pending the order is locked";
  }
  if (code.empty()) return;
  db.execute("create function refuse() returns trigger language plpgsql as $$ begin " + body +
             "; return new; end $$;"
             "create trigger refuse before update on orders for each row when (new.\"id\" = 'o7') "
             "execute function refuse()");
  std::vector<webhook> rows;
  for (int n = 1; n <= 20; ++n) rows.push_back(order(n));
  auto steps = [&]() -> task<void> {
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "19");
    co_await here.until("select state || ' ' || error from suivi.pending", code);
    db.execute("drop trigger refuse on orders");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o7')") == "EXPÉDIÉ");
}

TEST_CASE(
    "an order that row-level security lets nobody write fails its own event, and a hidden one is not here") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"sql(alter table orders enable row level security;
    create policy seen on orders for select using ("id" <> 'o8');
    create policy written on orders for update using ("id" <> 'o7'))sql");
  std::vector<webhook> rows;
  for (int n = 1; n <= 20; ++n) rows.push_back(order(n));
  auto steps = [&]() -> task<void> {
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "18");
    co_await here.until(
        "select string_agg(state || ' ' || coalesce(left(error, 14), ''), ', ' order by state) from "
        "suivi.pending",
        "failed sqlstate:42501, parked ");
    db.execute("alter policy seen on orders using (true); alter policy written on orders using (true)");
    co_await here.until("select count(*) from suivi.pending where state = 'failed'", "0");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o7')") == "EXPÉDIÉ");
}

TEST_CASE("a parcel told to be another order's leaves its former one though the other is refused") {
  test::database db;
  receiver_inside here(db);
  db.execute("create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
             "create trigger refuse before update on orders for each row when (new.\"id\" = 'o2') "
             "execute function refuse()");
  int second = 0;
  auto reported = [&](const std::string& reference, int status) {
    webhook each;
    each.received_at = suivi::now();
    each.raw = R"({"event":"x","payload":{"id":"u1","status":)" + std::to_string(status) +
               (reference.empty() ? "" : R"(,"external_order_id":")" + reference + '"') + "}}";
    each.event = maystro::decode(each.raw);
    each.event.published_at = each.received_at - 1min + std::chrono::seconds(++second);
    each.key = choose_key(each.raw, each.event);
    return std::vector<webhook>{each};
  };
  auto steps = [&]() -> task<void> {
    co_await here.store(reported("R1", 31));
    co_await here.until(R"(select "shippingStatus" from orders where "id" = 'o1')", "EXPÉDIÉ");
    co_await here.store(reported("R2", 32));
    co_await here.until("select count(*) from suivi.pending where state = 'failed'", "1");
    co_await here.until("select order_id from suivi.parcel", "o2");
    co_await here.store(reported("", 41));
    co_await here.until("select count(*) from suivi.pending where state = 'failed'", "2");
    db.execute("drop trigger refuse on orders");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "EXPÉDIÉ");
  CHECK(db.value(R"(select "shippingStatus" || ' ' || "status" from orders where "id" = 'o2')") ==
        "LIVRÉ DELIVERED");
}

TEST_CASE("what a database of a narrow encoding cannot store fails its own event or is kept as bytes") {
  test::database db;
  test::make_narrow(db);
  receiver_inside here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows;
    for (int n = 1; n <= 20; ++n) rows.push_back(order(n));
    auto retell = [](webhook& each, const std::string& raw) {
      each.raw = raw;
      each.event = maystro::decode(each.raw);
      each.key = choose_key(each.raw, each.event);
    };
    retell(rows[6], R"({"event":"x","payload":{"id":"u7","status":32,"external_order_id":"R7",)"
                    R"("alert_reason":"٧"}})");
    retell(rows[7], R"({"event":"x","payload":{"id":"u8","status":31,"external_order_id":"R٨"}})");
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) CHECK(answer);
    co_await here.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "18");
    co_await here.until("select state || ' ' || error from suivi.pending", "failed sqlstate:22P05");
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.inbox where outcome = 'quarantined'") == 1);
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "EXPÉDIÉ");
}

TEST_CASE("while batches take long one lane applies them, and the other's connection is for others") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.6); return null; end $$;
    create trigger dawdle after insert on suivi.event_outcome for each statement execute function dawdle())");
  std::int64_t lanes_max = 0;
  auto steps = [&]() -> task<void> {
    for (int status : {8, 22, 31}) {
      std::vector<webhook> rows;
      for (int n = 1; n <= 100; ++n) rows.push_back(order(n, status));
      auto answers = co_await here.store(rows);
      for (const auto& answer : answers) REQUIRE(answer);
    }
    while (db.value(nothing_pending) != "0") {
      lanes_max =
          std::max(lanes_max, db.number("select count(*) from pg_stat_activity"
                                        " where datname = current_database() and wait_event = 'PgSleep'"));
      co_await runtime::sleep_for(20ms);
    }
  };
  here.run(steps());
  CHECK(lanes_max == 1);
}

TEST_CASE("events left behind by a dead receiver are applied once their lease has lapsed") {
  test::database db;
  receiver_inside here(db);
  auto left = order(1);
  auto steps = [&]() -> task<void> {
    auto dead = co_await test::connected(db.options());
    std::span<const webhook> rows(&left, 1);
    auto kept = co_await ingest(dead, rows, "the dead one");
    REQUIRE(kept);
    CHECK(db.value("select owner from suivi.pending") == "the dead one");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "EXPÉDIÉ");
}

TEST_CASE("an address that names an unknown account makes a conflict") {
  test::database db;
  receiver_inside here(db);
  auto row = order(1);
  row.account = "nobody";
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{row};
    co_await here.store(rows);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value("select outcome from suivi.event_outcome") == "conflict");
  CHECK(db.value(R"(select coalesce("shippingStatus", 'untouched') from orders where "id" = 'o1')") ==
        "untouched");
}

TEST_CASE("where much waits to be applied a webhook is answered a moment later and not later than that") {
  test::database db;
  receiver_inside here(db);
  auto steps = [&]() -> task<void> {
    auto shop = co_await test::connected(db.owner_options());
    auto locked = co_await shop.run_script("begin; lock table orders in access exclusive mode");
    REQUIRE(locked);
    std::vector<pending_event> much;
    for (int n = 1; n <= 20'600; ++n)
      much.push_back(to_work(order(1), 1'000'000 + n)); // nobody's, so given up in the end
    here.events.enqueue(std::move(much));
    while (!here.accounts.loaded() || here.events.is_behind() == false) co_await runtime::sleep_for(5ms);
    auto begun = std::chrono::steady_clock::now();
    std::vector<webhook> rows{order(2)};
    auto answers = co_await here.store(rows);
    auto took = std::chrono::steady_clock::now() - begun;
    REQUIRE(answers.front());
    CHECK_FALSE(answers.front()->spooled);
    CHECK(took >= 240ms);
    CHECK(here.events.is_behind());
    auto released = co_await shop.run_script("rollback");
    REQUIRE(released);
    co_await here.until(nothing_pending, "0");
    auto give_up =
        std::chrono::steady_clock::now() + 60s * test::slowness; // the webhook overtakes the others
    while (here.events.is_behind() && std::chrono::steady_clock::now() < give_up)
      co_await runtime::sleep_for(20ms);
    CHECK_FALSE(here.events.is_behind());
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o2')") == "EXPÉDIÉ");
}

TEST_CASE(
    "webhooks for which memory has no room wait as ranges, and all are applied, those behind them too") {
  test::database db;
  intake::limits within;
  within.lanes = 1;
  receiver_inside here(db, within);
  auto steps = [&]() -> task<void> {
    auto shop = co_await test::connected(db.owner_options());
    while (!here.accounts.loaded()) co_await runtime::sleep_for(5ms);
    auto locked = co_await shop.run_script("begin; lock table orders in access exclusive mode");
    REQUIRE(locked);
    std::vector<pending_event> much;
    for (int n = 1; n <= 5'000; ++n) much.push_back(to_work(order(1), 1'000'000 + n)); // nobody's: given up
    here.events.enqueue(std::move(much));
    std::vector<webhook> first, second;
    for (int n = 2; n <= 40; ++n) first.push_back(order(n));
    for (int n = 41; n <= 80; ++n) second.push_back(order(n));
    auto answers = co_await here.store(std::move(first));
    CHECK(here.events.has_backlog());
    for (const auto& each : answers) REQUIRE(each);
    CHECK(db.number("select count(*) from suivi.pending") == 0);
    CHECK(db.number("select sum(cardinality(ids)) from suivi.pending_range where owner is null") == 39);
    auto released = co_await shop.run_script("rollback");
    REQUIRE(released);
    answers = co_await here.store(std::move(second));
    for (const auto& each : answers) REQUIRE(each);
    co_await here.until(nothing_pending, "0");
    co_await here.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "79");
    while (here.events.has_backlog()) co_await runtime::sleep_for(10ms);
  };
  here.run(steps());
  CHECK(db.number(R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')") == 79);
}
