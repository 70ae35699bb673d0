// Old webhooks go, with their keys and outcomes and no others; nobody who stores or reads has to wait for it.
#include "common/schema/partitions.hpp"
#include "receiver/upkeep/retention.hpp"
#include "tests/postgres/receiver/in_process_receiver.hpp"
#include "tests/support/run.hpp"

using namespace suivi;
using namespace suivi::receiver;
using ending = retention::ending;

namespace {

std::string describe(const result<ending>& ended) {
  if (!ended) return to_string(ended.error());
  return *ended == ending::done ? "done" : *ended == ending::held_up ? "held up" : "elsewhere";
}

constexpr milliseconds three_days = 72h;

// A receiver's retention without the receiver.
struct housekeeping {
  explicit housekeeping(const test::database& where) : db(where) {}

  std::string round() {
    return test::run([&]() -> task<std::string> {
      auto ended = co_await round_here();
      co_return ended;
    });
  }
  task<std::string> round_here() {
    auto executor = co_await asio::this_coro::executor;
    receiver::database_monitor watched(executor, db.options(), 1);
    retention r(db.options(), watched, counts, three_days);
    auto ended = co_await r.round();
    co_return describe(ended);
  }
  [[nodiscard]] bool counted(const std::string& line) const {
    return series.text().find("\n" + line + "\n") != std::string::npos;
  }

  const test::database& db;
  metrics::registry series;
  receiver_metrics counts{series};
};

// As if everything that is stored now had been stored `days` days ago, in partitions of that day.
void age(const test::database& db, int days) {
  auto by = std::to_string(days);
  db.execute(R"(do $$
    declare day date := (now() at time zone 'UTC')::date - )" +
             by + R"(; parent text;
    begin
      foreach parent in array array['inbox', 'event_outcome'] loop
        execute format('create table if not exists suivi.%I partition of suivi.%I for values from (%L) to (%L)',
                       parent || '_' || to_char(day, 'YYYYMMDD'), parent, day, day + 1);
        execute format('update suivi.%I set stored_on = %L where stored_on = (now() at time zone ''UTC'')::date', parent, day);
      end loop;
      update suivi.inbox_key set stored_on = day where stored_on = (now() at time zone 'UTC')::date;
      update suivi.pending set stored_on = day where stored_on = (now() at time zone 'UTC')::date;
    end $$)");
}

std::vector<receipt> store(const test::database& db, std::vector<webhook> rows, std::string owner = "") {
  return test::run([&]() -> task<std::vector<receipt>> {
    auto connection = co_await test::connected(db.options());
    std::span<const webhook> all(rows);
    auto kept = co_await ingest(connection, all, owner);
    REQUIRE(kept);
    co_return *kept;
  });
}

// All pending events have been applied.
void settle_all(const test::database& db) {
  db.execute("insert into suivi.event_outcome (event_id, stored_on, outcome) "
             "select event_id, stored_on, 'applied' from suivi.pending; delete from suivi.pending");
}

std::string rows_left(const test::database& db) {
  return db.value(
      "select concat_ws(' ', (select count(*) from suivi.inbox), (select count(*) from suivi.inbox_key),"
      " (select count(*) from suivi.event_outcome), (select count(*) from suivi.pending))");
}

std::string old_partitions(const test::database& db) {
  return db.value(
      "select count(*) from suivi.stored_days() where stored_on < (now() at time zone 'UTC')::date");
}

} // namespace

TEST_CASE("a day that has passed goes with its keys and outcomes and the days after it stay") {
  test::database db;
  housekeeping h(db);
  auto old = store(db, {order(1), order(2)});
  settle_all(db);
  age(db, 4); // its last moment is at least three days ago
  store(db, {order(3)});
  settle_all(db);
  age(db, 3);
  store(db, {order(4)});
  CHECK(rows_left(db) == "4 4 3 1");
  CHECK(h.round() == "done");
  CHECK(rows_left(db) == "2 2 1 1");
  CHECK(old_partitions(db) == "2");
  CHECK(h.counted("suivi_retention_partitions_dropped_total 1"));
  CHECK(h.counted("suivi_retention_events_expired_total 0"));

  auto again = store(db, {order(1), order(3)}); // redelivered: news, and seen before
  CHECK_FALSE(again[0].repeated);
  CHECK(again[0].id != old[0].id);
  CHECK(again[1].repeated);
  CHECK(h.round() == "done");
  CHECK(rows_left(db) == "3 3 1 2");
}

TEST_CASE("a receiver that was away lets all days go that have passed meanwhile") {
  test::database db;
  housekeeping h(db);
  for (int days = 40; days >= 10; --days) {
    store(db, {order(days)});
    settle_all(db);
    age(db, days);
  }
  CHECK(h.round() == "done");
  CHECK(rows_left(db) == "0 0 0 0");
  CHECK(old_partitions(db) == "0");
  CHECK(h.counted("suivi_retention_partitions_dropped_total 31"));
}

TEST_CASE("events that nobody could apply while they were kept are given up and counted") {
  test::database db;
  housekeeping h(db);
  store(db, {order(1), order(2), order(3)});
  db.execute("update suivi.pending set state = 'parked', due_at = now() + interval '10 minutes' "
             "where event_id = (select min(event_id) from suivi.pending)");
  age(db, 5);
  store(db, {order(4)});
  CHECK(h.round() == "done");
  CHECK(rows_left(db) == "1 1 0 1");
  CHECK(h.counted("suivi_retention_events_expired_total 3"));
}

TEST_CASE("an event in somebody's hands holds its day up until it is out of them") {
  test::database db;
  housekeeping h(db);
  store(db, {order(1), order(2)}, "somebody");
  db.execute(
      "update suivi.pending set due_at = now() where event_id = (select min(event_id) from suivi.pending)");
  age(db, 5);
  CHECK(h.round() == "held up");
  CHECK(rows_left(db) == "2 2 1 1"); // the one whose lease has lapsed was given up, and says so
  CHECK(db.value("select outcome || ': ' || error from suivi.event_outcome") ==
        "failed: retention.events passed before it could be applied (pending)");
  settle_all(db);
  CHECK(h.round() == "done");
  CHECK(rows_left(db) == "0 0 0 0");
  CHECK(h.counted("suivi_retention_events_expired_total 1"));
}

TEST_CASE("intake goes on while somebody reads the day that is to go") {
  test::database db;
  receiver_inside here(db);
  housekeeping h(db);
  store(db, {order(1)});
  settle_all(db);
  age(db, 5);
  int stored = 0;
  std::chrono::steady_clock::duration slowest{};
  auto steps = [&]() -> task<void> {
    auto reader = co_await test::connected(db.options());
    auto reads = co_await reader.run_script("begin; select count(*) from suivi.inbox");
    REQUIRE(reads);
    auto one_round = [&]() -> task<void> {
      auto ended = co_await h.round_here();
      CHECK(ended == "held up");
    };
    here.lanes.spawn("round", one_round());
    while (here.lanes.size() > 0) {
      ++stored;
      auto row = order(stored % 100 + 1, 1000 + stored); // another event each time
      auto begun = std::chrono::steady_clock::now();
      auto kept = co_await here.in.store(std::move(row));
      slowest = std::max(slowest, std::chrono::steady_clock::now() - begun);
      REQUIRE(kept);
      CHECK_FALSE(kept->spooled);
    }
    CHECK(old_partitions(db) == "2");
    auto ends = co_await reader.run_script("commit");
    REQUIRE(ends);
    auto ended = co_await h.round_here();
    CHECK(ended == "done");
  };
  here.run(steps());
  CHECK(old_partitions(db) == "0");
  CHECK(stored > 10);
  CHECK(slowest < 10s * test::slowness); // five tries of 100 ms each, with pauses between
  CHECK(db.number("select count(*) from suivi.inbox") == stored);
}

TEST_CASE("a key that somebody holds is left to another round and its day with it") {
  test::database db;
  housekeeping h(db);
  store(db, {order(1), order(2)});
  settle_all(db);
  age(db, 5);
  auto steps = [&]() -> task<void> {
    auto holder = co_await test::connected(db.options());
    auto holds = co_await holder.run_script("begin; select from suivi.inbox_key limit 1 for update");
    REQUIRE(holds);
    auto ended = co_await h.round_here();
    CHECK(ended == "held up");
    CHECK(rows_left(db) == "2 2 2 0");
    auto lets_go = co_await holder.run_script("commit");
    REQUIRE(lets_go);
    auto again = co_await h.round_here();
    CHECK(again == "done");
  };
  test::run(steps);
  CHECK(rows_left(db) == "0 0 0 0");
}

TEST_CASE("of two receivers one does the work") {
  test::database db;
  housekeeping h(db);
  store(db, {order(1)});
  settle_all(db);
  age(db, 5);
  auto steps = [&]() -> task<void> {
    auto other = co_await test::connected(db.options());
    auto held = co_await other.run_script("begin; select pg_advisory_xact_lock(hashtext('suivi.retention'))");
    CHECK(held);
    auto meanwhile = co_await h.round_here();
    CHECK(meanwhile == "elsewhere");
    CHECK(rows_left(db) == "1 1 1 0");
    auto over = co_await other.run_script("rollback");
    CHECK(over);
    auto afterwards = co_await h.round_here();
    CHECK(afterwards == "done");
    auto free_again = co_await retention_is_free(other);
    CHECK(free_again.value());
  };
  test::run(steps);
  CHECK(rows_left(db) == "0 0 0 0");
}

TEST_CASE("old rows of the default partitions go too and with them their keys") {
  test::database db;
  housekeeping h(db);
  store(db, {order(1)});
  settle_all(db);
  db.execute("update suivi.inbox set stored_on = stored_on - 9; update suivi.event_outcome set stored_on = "
             "stored_on - 9;"
             "update suivi.inbox_key set stored_on = stored_on - 9");
  CHECK(db.number("select count(*) from suivi.inbox_default") == 1);
  store(db, {order(2)});
  CHECK(h.round() == "done");
  CHECK(rows_left(db) == "1 1 0 1");
}

TEST_CASE("keys are gone through from end to end however many there are") {
  test::database db;
  housekeeping h(db);
  store(db, {order(1)});
  settle_all(db);
  age(db, 5);
  db.execute(R"(insert into suivi.inbox_key (key, event_id, stored_on)
    select sha256(n::text::bytea), n, (now() at time zone 'UTC')::date - case when n % 10 = 0 then 0 else 5 end
    from generate_series(1, 30000) n)");
  CHECK(db.number("select pg_relation_size('suivi.inbox_key') / 8192") > 5 * blocks_per_pass);
  CHECK(h.round() == "done");
  CHECK(db.number("select count(*) from suivi.inbox_key") == 3000);
}

TEST_CASE("making partitions gives way to whoever reads") {
  test::database db;
  auto steps = [&]() -> task<void> {
    db.execute("select suivi.drop_day('inbox', ((now() at time zone 'UTC')::date + 7))");
    auto reader = co_await test::connected(db.options());
    auto reads = co_await reader.run_script("begin; select count(*) from suivi.inbox_default");
    REQUIRE(reads);
    auto maker = co_await test::connected(db.options());
    auto begun = std::chrono::steady_clock::now();
    auto made = co_await schema::make_partitions(maker);
    REQUIRE_FALSE(made);
    CHECK(is_in_the_way(made.error()));
    CHECK(std::chrono::steady_clock::now() - begun < 10s * test::slowness);
    auto ends = co_await reader.run_script("commit");
    REQUIRE(ends);
    made = co_await schema::make_partitions(maker);
    CHECK(made.value() == 1);
  };
  test::run(steps);
}
