// A trigger or a rule that leaves out rows of Suivi's own tables without a word: nothing is called stored or
// settled that is not.
#include "receiver/inbox/ranges.hpp"
#include "receiver/upkeep/quarantine_reread.hpp"
#include "tests/postgres/receiver/in_process_receiver.hpp"
#include "tests/support/run.hpp"

#include <fmt/format.h>

using namespace suivi;
using namespace suivi::receiver;

namespace {

// Rows of `table` that are inserted and fit `when` are left out.
void leave_out(const test::database& db, const std::string& table, const std::string& when = "true") {
  db.execute(fmt::format(R"(create or replace function leave_out() returns trigger language plpgsql as $$
      begin if {} then return null; end if; return new; end $$;
    create trigger leave_out before insert on {} for each row execute function leave_out())",
                         when, table));
}

void keep_again(const test::database& db) {
  db.execute("drop function leave_out() cascade");
}

task<result<std::vector<receipt>>> store_in(const test::database& db, std::vector<webhook> rows) {
  auto connection = co_await test::connected(db.options());
  std::span<const webhook> all(rows);
  auto kept = co_await ingest_as_range(connection, all, "me");
  co_return kept;
}

result<std::vector<receipt>> store(const test::database& db, std::vector<webhook> rows) {
  return test::run(store_in(db, std::move(rows)));
}

webhook nonsense(const std::string& text) {
  webhook a;
  a.received_at = suivi::now();
  a.raw = text;
  a.event = maystro::decode(a.raw);
  a.key = choose_key(a.raw, a.event);
  return a;
}

std::string counts(const test::database& db) {
  return db.value(
      "select concat_ws(' ', (select count(*) from suivi.inbox_key), (select count(*) from suivi.inbox), "
      "(select count(*) from suivi.waiting_event), (select count(*) from suivi.event_outcome))");
}

} // namespace

TEST_CASE("webhooks of which a row is left out are not stored and come in whole afterwards") {
  test::database db;
  std::string code = "sqlstate:SV003";
  SUBCASE("keys") {
    leave_out(db, "suivi.inbox_key");
  }
  SUBCASE("the key of one") {
    leave_out(db, "suivi.inbox_key", "(select count(*) from suivi.inbox_key) = 1");
  }
  SUBCASE("events") {
    leave_out(db, "suivi.inbox");
  }
  SUBCASE("one event") {
    leave_out(db, "suivi.inbox", "new.reference = 'R2'");
  }
  SUBCASE("events by a rule") {
    db.execute("create rule leave_out as on insert to suivi.inbox do instead nothing");
  }
  SUBCASE("what waits") {
    leave_out(db, "suivi.pending_range");
    code = "sqlstate:55000"; // no webhook is to blame
  }
  auto refused = store(db, {order(1), order(2), nonsense("x")});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == code);
  CHECK(refused.error().kind == failure::permanent);
  CHECK(counts(db) == "0 0 0 0");
  db.execute("drop rule if exists leave_out on suivi.inbox; drop function if exists leave_out() cascade");
  CHECK(store(db, {order(1), order(2), nonsense("x")}));
  CHECK(counts(db) == "3 3 2 0");
}

TEST_CASE("webhooks that come twice at once or again are not stored where a row is left out") {
  test::database db;
  REQUIRE(store(db, {order(1)}));
  SUBCASE("an event") {
    leave_out(db, "suivi.inbox");
  }
  SUBCASE("a key") {
    leave_out(db, "suivi.inbox_key");
  }
  auto refused = store(db, {order(1), order(2), order(2)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "sqlstate:SV003");
  CHECK(counts(db) == "1 1 1 0");
  keep_again(db);
  auto kept = store(db, {order(1), order(2), order(2)});
  REQUIRE(kept);
  CHECK((*kept)[0].repeated);
  CHECK((*kept)[1].id == (*kept)[2].id);
  CHECK(counts(db) == "2 2 2 0");
}

TEST_CASE("while one account's events are left out they are in the spool and others are stored and applied") {
  test::database db;
  receiver_inside here(db);
  leave_out(db, "suivi.inbox", "new.reference in ('R2', 'R3') or new.reference is null");
  std::vector<webhook> rows{order(1), order(2), order(3), order(4)};
  auto steps = [&]() -> task<void> {
    while (!here.accounts.loaded()) co_await runtime::sleep_for(5ms);
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) REQUIRE(answer);
    CHECK(std::ranges::count(answers, true, [](const auto& one) { return one->spooled; }) == 2);
    co_await here.until(R"(select string_agg("reference", ' ' order by "reference") from orders
                           where "shippingStatus" is not null)",
                        "R1 R4");
    CHECK(here.spooling.now().depth.rows == 2);
    keep_again(db);
    here.drain.hurry();
    co_await here.until(R"(select count(*) from orders where "shippingStatus" is not null)", "4");
    co_await here.until(nothing_pending, "0");
    while (here.spooling.now().depth.rows > 0) co_await runtime::sleep_for(5ms);
  };
  here.run(steps());
  CHECK(db.number("select count(*) from suivi.inbox where outcome is null") == 4);
}

TEST_CASE("an event whose end is left out has not ended and its order is not written without it") {
  test::database db;
  receiver_inside here(db);
  std::string left_out;
  SUBCASE("its outcome") {
    left_out = "suivi.event_outcome";
  }
  SUBCASE("its parcel") {
    left_out = "suivi.parcel";
  }
  SUBCASE("its line in the journal") {
    left_out = "suivi.change";
  }
  leave_out(db, left_out, left_out == "suivi.parcel" ? "new.reference = 'R2'" : "new.order_id = 'o2'");
  std::vector<webhook> rows{order(1), order(2), order(3)};
  auto steps = [&]() -> task<void> {
    while (!here.accounts.loaded()) co_await runtime::sleep_for(5ms);
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) REQUIRE((answer && !answer->spooled));
    std::string failed = left_out == "suivi.event_outcome" ? "failed suivi:SV003" : "failed sqlstate:SV003";
    co_await here.until(
        "select string_agg(state || ' ' || error, ',') from suivi.pending where state = 'failed'", failed);
    co_await here.until(R"(select count(*) from orders where "shippingStatus" is not null)", "2");
    keep_again(db);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(R"(select count(*) from orders where "shippingStatus" is not null)") == 3);
  CHECK(db.number("select count(*) from suivi.event_outcome where outcome = 'applied'") == 3);
  CHECK(db.number("select count(*) from suivi.parcel") == 3);
  CHECK(db.number("select count(*) from suivi.change where field = 'shippingStatus'") == 3);
}

TEST_CASE("a range that cannot become rows stays a range and is applied when it can") {
  test::database db;
  receiver_inside here(db);
  leave_out(db, "suivi.pending");
  db.execute(
      R"(alter table orders add constraint no check ("reference" <> 'R2' or "shippingStatus" is null))");
  std::vector<webhook> rows{order(1), order(2), order(3)};
  auto steps = [&]() -> task<void> {
    while (!here.accounts.loaded()) co_await runtime::sleep_for(5ms);
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) REQUIRE((answer && !answer->spooled));
    co_await runtime::sleep_for(300ms);
    CHECK(db.number(nothing_pending) + db.number("select count(*) from suivi.event_outcome") == 3);
    keep_again(db);
    db.execute("alter table orders drop constraint no");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.number(R"(select count(*) from orders where "shippingStatus" is not null)") == 3);
}

TEST_CASE("what leaves quarantine or is another account's now is not lost where its row is left out") {
  test::database db;
  test::a_shop(db, 3);
  webhook elsewhere = order(1);
  elsewhere.account = "nobody";
  auto kept = store(db, {elsewhere, order(2)});
  REQUIRE(kept);
  db.execute(
      "update suivi.inbox set outcome = 'quarantined', error = 'x' where reference = 'R2';"
      "insert into suivi.event_outcome (event_id, stored_on, outcome) select id, stored_on, 'conflict' "
      "from suivi.inbox where reference = 'R1'; delete from suivi.pending_range");
  leave_out(db, "suivi.pending");
  std::vector<std::string> accounts{"acc"};
  std::vector<readdressed> moved{{(*kept)[0].id, (*kept)[0].stored_on, "acc"}};
  auto steps = [&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    database_monitor watched(executor, db.options(), 1);
    quarantine_reread again(watched);
    auto connection = co_await test::connected(db.options());
    auto refused = co_await readdress(connection, moved, accounts);
    CHECK_FALSE(refused);
    auto reading = co_await again.read_some(connection, 1'000'000);
    CHECK_FALSE(reading);
    CHECK(counts(db) == "2 2 0 1");
    CHECK(db.number("select count(*) from suivi.inbox where outcome = 'quarantined'") == 1);
    keep_again(db);
    auto done = co_await readdress(connection, moved, accounts);
    REQUIRE(done);
    CHECK(*done == std::vector<std::int64_t>{(*kept)[0].id});
    auto nothing = co_await readdress(connection, moved, accounts);
    REQUIRE(nothing);
    CHECK(nothing->empty());
    reading = co_await again.read_some(connection, 1'000'000);
    REQUIRE(reading);
    CHECK(counts(db) == "2 2 2 0");
  };
  test::run(steps);
}
