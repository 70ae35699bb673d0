// What the spool took while the database was away, slow or read-only comes to the events once, and is
// applied.
#include "tests/postgres/receiver/in_process_receiver.hpp"
#include "tests/support/run.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* applied_orders = R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')";

// As a superuser of another database.
void at_cluster(const std::string& sql) {
  test::run([&]() -> task<void> {
    pg::connect_options options;
    options.url = test::cluster_url();
    auto db = co_await test::connected(options);
    auto done = co_await db.run_script(sql);
    REQUIRE(done);
  });
}

std::string end_sessions(const test::database& db) {
  return "; select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '" + db.name() + "'";
}
void remove_rows(const test::database& db) {
  at_cluster("alter database " + db.name() + " allow_connections false" + end_sessions(db));
}
void bring_back(const test::database& db) {
  at_cluster("alter database " + db.name() + " allow_connections true");
}

task<void> until_away(receiver_inside& here) {
  auto give_up = std::chrono::steady_clock::now() + 30s * test::slowness;
  while (here.watched.is_up() && std::chrono::steady_clock::now() < give_up)
    co_await runtime::sleep_for(10ms);
  CHECK_FALSE(here.watched.is_up());
}
task<void> until_spooled(receiver_inside& here, std::uint64_t rows) {
  auto give_up = std::chrono::steady_clock::now() + 30s * test::slowness;
  const auto& spool = here.spooling.now();
  while (spool.depth.rows != rows && std::chrono::steady_clock::now() < give_up)
    co_await runtime::sleep_for(10ms);
  CHECK(spool.depth.rows == rows);
}

std::vector<webhook> orders(int from, int to) {
  std::vector<webhook> rows;
  for (int n = from; n <= to; ++n) rows.push_back(order(n));
  return rows;
}

std::size_t spooled_of(const std::vector<result<receipt>>& answers) {
  std::size_t count = 0;
  for (const auto& answer : answers) {
    REQUIRE(answer);
    if (answer->spooled) ++count;
  }
  return count;
}

} // namespace

TEST_CASE("webhooks that come while the database is away are spooled and applied when it is back") {
  test::database db;
  receiver_inside here(db);
  auto steps = [&]() -> task<void> {
    remove_rows(db);
    auto answers = co_await here.store(orders(1, 50));
    CHECK(spooled_of(answers) == 50);
    co_await until_away(here);
    auto more = co_await here.store(orders(51, 100));
    CHECK(spooled_of(more) == 50);
    CHECK(here.spooling.now().depth.rows == 100);
    bring_back(db);
    co_await until_spooled(here, 0);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.inbox") == 100);
  CHECK(db.number(applied_orders) == 100);
}

TEST_CASE("the drain keeps the order and the time of receipt") {
  test::database db;
  receiver_inside here(db);
  auto rows = orders(1, 30);
  for (std::size_t n = 0; n < rows.size(); ++n) rows[n].received_at -= 1h - std::chrono::seconds(n);
  auto steps = [&]() -> task<void> {
    remove_rows(db);
    co_await until_away(here);
    for (const auto& row : rows) co_await here.in.store(row);
    bring_back(db);
    co_await here.until("select count(*) from suivi.inbox", "30");
  };
  here.run(steps());
  auto first = format_instant(rows.front().received_at);
  CHECK(db.number("select count(*) from suivi.inbox where received_at = '" + first + "'") == 1);
  CHECK(db.value("select bool_and(right_order) from (select received_at >= lag(received_at, 1, received_at) "
                 "over (order by id) as right_order from suivi.inbox) o") == "t");
}

TEST_CASE("what was committed but not yet taken out of the spool is not stored twice") {
  test::database db;
  receiver_inside here(db);
  auto rows = orders(1, 40);
  auto steps = [&]() -> task<void> {
    auto answers = co_await here.store(rows);
    CHECK(spooled_of(answers) == 0);
    co_await here.until(nothing_pending, "0");
    for (const auto& row : rows) {
      spooled again;
      again.received_at = row.received_at;
      again.raw = row.raw;
      co_await here.spooling.append(std::move(again));
    }
    co_await until_spooled(here, 0);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.inbox") == 40);
  CHECK(db.number("select count(*) from suivi.event_outcome where outcome = 'applied'") == 40);
}

TEST_CASE(
    "a webhook that comes several times while the database is away is one event as of its first receipt") {
  test::database db;
  receiver_inside here(db);
  auto first = order(1);
  first.received_at -= 1h;
  auto steps = [&]() -> task<void> {
    auto before = co_await here.in.store(order(2));
    REQUIRE(before);
    remove_rows(db);
    co_await until_away(here);
    auto row = first;
    for (int n = 0; n < 3; ++n, row.received_at += 1min) {
      auto kept = co_await here.in.store(row);
      REQUIRE(kept);
      CHECK(kept->spooled);
    }
    co_await here.in.store(order(2)); // stored before, spooled now
    bring_back(db);
    co_await until_spooled(here, 0);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.inbox") == 2);
  auto receipt = format_instant(first.received_at);
  CHECK(db.number("select count(*) from suivi.inbox where reference = 'R1' and received_at = '" + receipt +
                  "'") == 1);
  CHECK(db.number(applied_orders) == 2);
}

TEST_CASE("a slow database sends webhooks to the spool and none is stored twice") {
  test::database db;
  intake::limits quick;
  quick.patience = 300ms;
  receiver_inside here(db, quick);
  auto steps = [&]() -> task<void> {
    auto blocker = co_await test::connected(db.options());
    auto locked = co_await blocker.run_script("begin; lock table suivi.inbox_key in access exclusive mode");
    REQUIRE(locked);
    auto answers = co_await here.store(orders(1, 20));
    CHECK(spooled_of(answers) == 20);
    auto freed = co_await blocker.run_script("rollback");
    REQUIRE(freed);
    co_await until_spooled(here, 0);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.inbox") == 20);
  CHECK(db.number(applied_orders) == 20);
}

TEST_CASE("a queue that is full sends webhooks to the spool") {
  test::database db;
  intake::limits small;
  small.queued_rows = 5;
  receiver_inside here(db, small);
  auto steps = [&]() -> task<void> {
    auto answers = co_await here.store(orders(1, 50));
    CHECK(spooled_of(answers) >= 40);
    co_await here.until("select count(*) from suivi.inbox", "50");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(applied_orders) == 50);
}

TEST_CASE("a server that no longer takes writes counts as away until it does again") {
  test::database db;
  receiver_inside here(db);
  auto steps = [&]() -> task<void> {
    at_cluster("alter database " + db.name() + " set default_transaction_read_only = on" + end_sessions(db));
    auto answers = co_await here.store(orders(1, 20));
    CHECK(spooled_of(answers) == 20);
    CHECK_FALSE(here.watched.is_up());
    at_cluster("alter database " + db.name() + " reset default_transaction_read_only");
    co_await here.until("select count(*) from suivi.inbox", "20");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(applied_orders) == 20);
}

TEST_CASE("sessions ended by the server are opened anew and no webhook is refused") {
  test::database db;
  receiver_inside here(db);
  auto steps = [&]() -> task<void> {
    for (int round = 0; round < 5; ++round) {
      at_cluster("select 1" + end_sessions(db));
      auto answers = co_await here.store(orders(round * 20 + 1, round * 20 + 20));
      spooled_of(answers);
    }
    co_await here.until("select count(*) from suivi.inbox", "100");
    co_await here.until(nothing_pending, "0");
    CHECK(here.watched.is_up());
  };
  here.run(steps());
  CHECK(db.number(applied_orders) == 100);
}

TEST_CASE("a webhook the database refuses is split off in the drain as well") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function refuse() returns trigger language plpgsql as $$
    begin if new.reference = 'R7' then raise 'poison' using errcode = '22P05'; end if; return new; end $$;
    create trigger refuse before insert on suivi.inbox for each row execute function refuse())");
  auto steps = [&]() -> task<void> {
    remove_rows(db);
    auto answers = co_await here.store(orders(1, 20));
    CHECK(spooled_of(answers) == 20);
    bring_back(db);
    co_await here.until("select count(*) from suivi.inbox", "20");
    co_await here.until(nothing_pending, "0");
    co_await until_spooled(here, 0);
  };
  here.run(steps());
  CHECK(db.number(applied_orders) == 19);
  CHECK(db.number("select count(*) from suivi.inbox where outcome = 'quarantined'") == 1);
}

TEST_CASE("a webhook that can never be stored stays in the spool and holds up none behind it") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function refuse() returns trigger language plpgsql as $$
    begin if convert_from(new.raw, 'UTF8') like '%"R7"%' then raise 'poison' using errcode = '22P05'; end if;
      return new; end $$;
    create trigger refuse before insert on suivi.inbox for each row execute function refuse())");
  auto steps = [&]() -> task<void> {
    remove_rows(db);
    auto answers = co_await here.store(orders(1, 20));
    CHECK(spooled_of(answers) == 20);
    bring_back(db);
    co_await here.until("select count(*) from suivi.inbox", "19");
    co_await until_spooled(here, 1);
    db.execute("drop trigger refuse on suivi.inbox");
    co_await here.until("select count(*) from suivi.inbox", "20");
    co_await until_spooled(here, 0);
  };
  here.run(steps());
}

TEST_CASE("partitions that are dropped or detached are made anew at once, and the spool is drained") {
  test::database db;
  receiver_inside r(db);
  const char* today = "to_char(now() at time zone 'UTC', 'YYYYMMDD')";
  auto each_day = [&](const std::string& verb) {
    db.execute(R"(do $$ declare parent text; begin
      foreach parent in array array['inbox', 'event_outcome'] loop
        execute format(')" +
               verb + R"(', parent, )" + today + R"(); end loop; end $$)");
  };
  int n = 0;
  auto check = [&]() -> task<void> {
    auto from = n + 1, to = n += 5;
    std::vector<webhook> rows;
    for (int i = from; i <= to; ++i) rows.push_back(order(i));
    auto kept = co_await r.store(std::move(rows));
    for (const auto& one : kept) CHECK(one);
    co_await r.until("select count(*) from suivi.inbox", std::to_string(n));
    co_await r.until(nothing_pending, "0");
    CHECK(db.value("select count(*) from suivi.inbox where tableoid = 'suivi.inbox_default'::regclass") ==
          "0");
  };
  auto steps = [&]() -> task<void> {
    co_await check();
    SUBCASE("detached, with all that is in them") {
      each_day("alter table suivi.%1$I detach partition suivi.%1$I_%2$s");
      db.execute("alter table suivi.inbox detach partition suivi.inbox_default");
      db.execute("alter table suivi.event_outcome detach partition suivi.event_outcome_default");
    }
    SUBCASE("dropped") {
      each_day("drop table suivi.%1$I_%2$s, suivi.%1$I_default");
      n = 0;
      db.execute("truncate suivi.inbox_key");
    }
    co_await check();
  };
  r.run(steps());
}

TEST_CASE("a server that is short of disk is not waited for, and takes webhooks when it is not any more") {
  test::database db;
  db.execute(
      R"(do $$ begin execute format('alter database %I set temp_file_limit = 1', current_database()); end $$;
    create function short() returns trigger language plpgsql set work_mem = '64kB' as $$ begin
      perform count(*) from (select n from generate_series(1, 100000) n order by n desc offset 1) sorted;
      return null; end $$)");
  receiver_inside r(db, {.patience = 600s, .whole_patience = 600s});
  auto steps = [&]() -> task<void> {
    db.execute(
        "create trigger short before insert on suivi.inbox for each statement execute function short()");
    for (int n = 1; n <= 3; ++n) {
      auto kept = co_await r.in.store(order(n));
      CHECK(kept->spooled);
    }
    CHECK_FALSE(r.watched.takes_webhooks());
    db.execute("drop trigger short on suivi.inbox");
    co_await r.until("select count(*) from suivi.inbox", "3");
    while (!r.watched.takes_webhooks()) co_await runtime::sleep_for(10ms);
  };
  r.run(steps());
}

TEST_CASE("a database that refuses every webhook counts as one that takes none, until it does again") {
  test::database db;
  receiver_inside r(db);
  auto steps = [&]() -> task<void> {
    db.execute("alter table suivi.inbox rename column raw to bytes"); // 42703, a fault of nobody's row
    auto kept = co_await r.in.store(order(1));
    CHECK(kept->spooled);
    CHECK_FALSE(r.watched.takes_webhooks());
    db.execute("alter table suivi.inbox rename column bytes to raw");
    co_await r.until("select count(*) from suivi.inbox", "1");
    while (!r.watched.takes_webhooks()) co_await runtime::sleep_for(10ms);
  };
  r.run(steps());
}

TEST_CASE("losing the schema sends webhooks to the spool until it is made again") {
  test::database db;
  receiver_inside here(db);
  auto steps = [&]() -> task<void> {
    db.execute("drop schema suivi cascade");
    auto answers = co_await here.store(orders(1, 20));
    spooled_of(answers);
    co_await until_spooled(here, 0);
    co_await here.until("select count(*) from suivi.inbox", "20");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(applied_orders) == 20);
}
