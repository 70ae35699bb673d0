// Intake and apply lane together against a real database and shop.
#include "common/http/client.hpp"
#include "common/runtime/task_group.hpp"
#include "receiver/intake.hpp"
#include "receiver/rounds.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <set>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

arrival order(int n, int status = 31) {
  auto text = std::to_string(n);
  arrival a;
  a.received_at = suivi::now();
  a.raw = R"({"event":"x","payload":{"id":"u)" + text + R"(","status":)" + std::to_string(status) +
          R"(,"external_order_id":"R)" + text + "\"}}";
  a.what = maystro::decode(a.raw);
  a.key = choose_key(a.raw, a.what);
  return a;
}

// The receiver without its server; runs on the test's thread until the test's own coroutine has ended.
struct receiver_inside {
  explicit receiver_inside(const test::database& db)
      : where(db), watched(io.get_executor(), db.options(), 4), client(io.get_executor(), {}),
        accounts(watched, client, settings), events(io.get_executor(), watched, accounts, counts, {}, "me"),
        again(io.get_executor(), watched, events), in(io.get_executor(), watched, events, counts, {}),
        endless(io.get_executor()), lanes(io.get_executor()), own(io.get_executor()) {
    db.execute(R"(
      insert into customers ("id", "name", "phone", "updatedAt") values ('c', 'Client', '0550000001', now());
      insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
      select 'acc-1', 'Main', "id", '{"apiKey": "example-key-1"}', now() from shipping_companies where "slug" = 'maystro';
      insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "updatedAt")
      select 'o' || n, 'R' || n, 'c', 1, 'acc-1', now() from generate_series(1, 100) n)");
  }

  // The lanes are stopped in whatever they are doing when `body` has ended, as a process is: once for each
  // test.
  void run(task<void> body) {
    own.spawn("test", begin_and_end(std::move(body)));
    io.restart();
    io.run_for(60s);
    REQUIRE(own.size() == 0);
    REQUIRE(endless.size() == 0);
  }

  task<void> begin_and_end(task<void> body) {
    endless.spawn("watch", watched.keep([] {}));
    endless.spawn("accounts", accounts.keep());
    endless.spawn("take over", again.take_over());
    endless.spawn("in", in.run_lane(0));
    endless.spawn("apply", events.run());
    while (!watched.is_up()) co_await runtime::sleep_for(10ms);
    co_await std::move(body);
    endless.cancel();
    co_await endless.join();
  }

  task<void> store_one(arrival row, result<receipt>& answer) {
    auto kept = co_await in.store(std::move(row));
    answer = std::move(kept);
  }
  // Side by side.
  task<std::vector<result<receipt>>> store(std::vector<arrival> rows) {
    std::vector<result<receipt>> answers(rows.size(), transient("test:none", ""));
    for (std::size_t i = 0; i < rows.size(); ++i)
      lanes.spawn("store", store_one(std::move(rows[i]), answers[i]));
    co_await lanes.join();
    co_return answers;
  }
  // Until the question's answer is `wanted`.
  task<void> until(std::string question, std::string wanted) {
    auto give_up = std::chrono::steady_clock::now() + 30s;
    while (where.value(question) != wanted && std::chrono::steady_clock::now() < give_up)
      co_await runtime::sleep_for(20ms);
    CHECK(where.value(question) == wanted);
  }

  const test::database& where;
  asio::io_context io{1};
  config::settings settings;
  metrics::registry series;
  measures counts{series};
  database watched;
  http::client client;
  account_book accounts;
  applier events;
  rounds again;
  intake in;
  runtime::task_group endless;
  runtime::task_group lanes;
  runtime::task_group own;
};

constexpr const char* nothing_pending = "select count(*) from suivi.pending";

} // namespace

TEST_CASE("many webhooks at once are stored and applied each to its order") {
  test::database db;
  receiver_inside here(db);
  std::vector<arrival> rows;
  for (int n = 1; n <= 100; ++n) rows.push_back(order(n));
  std::set<std::int64_t> ids;
  auto steps = [&]() -> task<void> {
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) {
      REQUIRE(answer);
      CHECK_FALSE(answer->seen_before);
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

TEST_CASE("a webhook that the database refuses is kept as bytes and harms none of its batch") {
  test::database db;
  receiver_inside here(db);
  db.execute(R"(
    create function refuse() returns trigger language plpgsql as $$
    begin if new.reference = 'R7' then raise 'poison' using errcode = '22P05'; end if; return new; end $$;
    create trigger refuse before insert on suivi.inbox for each row execute function refuse())");
  std::vector<arrival> rows;
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
  std::vector<arrival> rows;
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

TEST_CASE("events left behind by a dead receiver are applied once their lease has lapsed") {
  test::database db;
  receiver_inside here(db);
  auto left = order(1);
  auto steps = [&]() -> task<void> {
    auto dead = co_await test::connected(db.options());
    std::span<const arrival> rows(&left, 1);
    auto kept = co_await ingest(dead, rows, "the dead one");
    REQUIRE(kept);
    CHECK(db.value("select owner from suivi.pending") == "the dead one");
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "EXPÉDIÉ");
}

TEST_CASE("while the database is away a webhook is refused and nothing hangs") {
  test::database db;
  receiver_inside here(db);
  auto options = db.options();
  options.url = test::with_database(db.url(), "no_such_database");
  database away(here.io.get_executor(), options, 2);
  intake in(here.io.get_executor(), away, here.events, here.counts, {});
  auto row = order(1);
  auto steps = [&]() -> task<void> {
    auto kept = co_await in.store(row);
    REQUIRE_FALSE(kept);
    CHECK(kept.error().code == "receiver:database");
  };
  here.run(steps());
}

TEST_CASE("an address that names an unknown account makes a conflict") {
  test::database db;
  receiver_inside here(db);
  auto row = order(1);
  row.account = "nobody";
  auto steps = [&]() -> task<void> {
    std::vector<arrival> rows{row};
    co_await here.store(rows);
    co_await here.until(nothing_pending, "0");
  };
  here.run(steps());
  CHECK(db.value("select outcome from suivi.event_outcome") == "conflict");
  CHECK(db.value(R"(select coalesce("shippingStatus", 'untouched') from orders where "id" = 'o1')") ==
        "untouched");
}
