// What happens beside a sweep, between its decision and its end.
#include "reconciler/store/sweep_record.hpp"
#include "tests/postgres/reconciler/courier_server.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>
#include <future>

using namespace suivi;
using suivi::test::stage;

namespace {

instant time_of(const test::database& db) {
  std::string text =
      db.value(R"(select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))");
  return parse_instant(text).value();
}

using meanwhile = std::function<std::future<void>(reconciler::sweep_group&, shop::account)>;

// A sweep of the stage's account, and what happens when page 2 is asked for; where that takes a while, no
// further page can be read until it is done.
shop::sweep_report sweep_while(stage& s, const meanwhile& happens) {
  std::function<std::future<void>()> on_page_2;
  std::future<void> under_way;
  shop::sweep_report report;
  auto answer = [&](const http::request& request) {
    if (request.target.ends_with("page=2") && on_page_2) under_way = std::exchange(on_page_2, {})();
    if (under_way.valid() && under_way.wait_for(milliseconds(0)) != std::future_status::ready) {
      http::response later;
      later.status = 500;
      return later;
    }
    return s.courier.answer(request);
  };
  s.options.max_in_flight = 1;
  test::run_beside(answer, [&](shop::account who, http::client& client) -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool_options pool;
    pool.connect = s.db.options();
    pg::pool connections(executor, pool);
    reconciler::sweep_group round(executor, connections, client, "test");
    on_page_2 = [&round, &happens, who] { return happens(round, who); };
    std::vector<shop::account> accounts{who};
    auto outcome = co_await round.run(std::move(accounts), s.options, milliseconds(0), nullptr);
    report = outcome.reports.at(0);
    connections.close();
  });
  if (under_way.valid()) under_way.get();
  return report;
}

// On a thread of its own: it waits for the slice that is being written.
meanwhile altering(const stage& s, std::string change) {
  return [&s, change](reconciler::sweep_group&, const shop::account&) {
    return std::async(std::launch::async, [&s, change] { s.db.execute(change); });
  };
}

} // namespace

TEST_CASE("what another has swept since it was found due is not swept again") {
  stage s;
  s.shipped(1);
  s.options.due_since = time_of(s.db);
  CHECK(s.sweep().complete);
  auto again = test::run(test::sweep_round_once(s.db, s.courier, "acc-1", s.options, milliseconds(0)));
  CHECK(again.reports.empty());
  CHECK(again.passed_over.size() == 1);
  CHECK(s.db.number("select count(*) from suivi.sweep") == 1);
  s.options.due_since = time_of(s.db);
  CHECK(s.sweep().complete);
  CHECK(s.db.number("select count(*) from suivi.sweep") == 2);
}

TEST_CASE("columns that are padded with blanks are matched, written and looked up as others are") {
  stage s;
  s.db.execute(R"sql(
alter table orders drop constraint if exists "orders_shippingAccountId_fkey";
alter table orders alter "id" type char(30), alter "reference" type char(20), alter "trackingNumber" type char(40),
  alter "shippingAccountId" type char(12);
alter table shipping_accounts alter "id" type char(12);
)sql");
  s.shipped(1, 31);
  s.shipped(2, 41);
  s.order("R3");
  s.options.max_orders = 1;
  auto first = s.sweep();
  CHECK(first.matched == 2); // one in the list, the other looked up
  CHECK(first.backfilled == 2);
  CHECK(s.courier.references_requested == std::vector<std::string>{"R1", "R3"});
  CHECK(s.db.value(R"(select rtrim("trackingNumber") from orders where "reference" = 'R1')") ==
        fmt::format("17{:014}", 1));
  s.courier.rows[0].status = 52;
  CHECK(s.sweep().status_changed == 1);
  CHECK(s.sweep().unchanged == 1);
}

TEST_CASE("a sweep whose account is deleted, switched off or given another key meanwhile ends and stands for "
          "none") {
  stage s;
  for (int n = 1; n <= 60; ++n) s.shipped(n);
  auto same = sweep_while(s, [](reconciler::sweep_group& round, shop::account who) {
    round.stop_changed(std::span(&who, 1));
    return std::future<void>();
  });
  CHECK(same.complete);
  auto gone = sweep_while(s, [](reconciler::sweep_group& round, const shop::account&) {
    round.stop_changed({});
    return std::future<void>();
  });
  CHECK_FALSE(gone.complete);
  CHECK(gone.abandoned);
  CHECK(gone.reason == "the account was deleted or switched off meanwhile");
  auto other = sweep_while(s, [](reconciler::sweep_group& round, shop::account who) {
    who.courier.api_key = secret("example-key-2");
    round.stop_changed(std::span(&who, 1));
    return std::future<void>();
  });
  CHECK(other.reason == "the account was given another key or address meanwhile");
  CHECK(s.db.number("select count(*) from suivi.account where lease_until is not null") == 0);
  CHECK(s.sweep().complete);
}

TEST_CASE(
    "columns that are changed in mid-sweep cost nothing, one that is gone is named, and back it is well") {
  stage s;
  for (int n = 1; n <= 100; ++n) s.shipped(n);
  auto changed = sweep_while(s, altering(s, R"(alter table orders add column "more" text default 'x',
    alter "trackingNumber" type varchar(80), alter "shippingStatus" type varchar(90))"));
  CHECK(changed.complete);
  CHECK(changed.backfilled == 100);
  for (auto& row : s.courier.rows) row.status = 41;
  auto gone = sweep_while(s, altering(s, R"(alter table orders rename "shippingStatus" to gone)"));
  CHECK_FALSE(gone.complete);
  CHECK(gone.reason.value_or("").find("sqlstate:42703") != std::string::npos);
  s.db.execute(R"(alter table orders rename gone to "shippingStatus")");
  CHECK(s.sweep().complete);
  CHECK(s.db.number(R"(select count(*) from orders where "shippingStatus" = 'LIVRÉ')") == 100);
}

TEST_CASE("a key that is revoked in mid-sweep ends it at once and is told as the key's") {
  stage s;
  for (int n = 1; n <= 100; ++n) s.shipped(n);
  auto revoked = sweep_while(s, [&](reconciler::sweep_group&, const shop::account&) {
    s.courier.refuse_with = 401;
    return std::future<void>();
  });
  CHECK_FALSE(revoked.complete);
  CHECK(revoked.reason == "the courier refuses this account's key (401)");
  CHECK(s.db.number("select count(*) from suivi.account where key_refused_at is not null") == 1);
  s.courier.refuse_with = 0;
  CHECK(s.sweep().complete);
  CHECK(s.db.number("select count(*) from suivi.account where key_refused_at is not null") == 0);
}

TEST_CASE(
    "with one connection the report of a sweep that the database refuses to end is written all the same") {
  stage s;
  for (int n = 1; n <= 3; ++n) s.shipped(n);
  s.db.execute(R"sql(
create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
create trigger no before update on suivi.account for each row when (new.last_sweep is distinct from old.last_sweep)
  execute function no();
)sql");
  shop::sweep_report report;
  auto answer = [&](const http::request& request) { return s.courier.answer(request); };
  auto begun = std::chrono::steady_clock::now();
  test::run_beside(answer, [&](shop::account who, http::client& client) -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool_options pool;
    pool.connect = s.db.options();
    pool.size = 1;
    pg::pool connections(executor, pool);
    reconciler::sweep_group round(executor, connections, client, "test");
    std::vector<shop::account> accounts{who};
    auto outcome = co_await round.run(std::move(accounts), s.options, milliseconds(0), nullptr);
    report = outcome.reports.at(0);
    connections.close();
  });
  CHECK_FALSE(report.complete);
  CHECK(s.db.value("select verdict || ': ' || reason from suivi.sweep where finished_at is not null") ==
        "incomplete: " + report.reason.value_or(""));
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
}

TEST_CASE("a sweep whose row or report a trigger leaves out is not begun or ended") {
  stage s;
  s.db.execute("create function no() returns trigger language plpgsql as $$ begin return null; end $$;"
               "create trigger no before insert on suivi.sweep for each row execute function no()");
  auto steps = [&]() -> task<void> {
    auto db = co_await test::connected(s.db.options());
    auto held = co_await reconciler::acquire_lease(db, "acc-1", "First", "one");
    auto none = co_await reconciler::begin_sweep(db, *held.value(), "First", "full");
    CHECK_FALSE(none);
    s.db.execute("drop trigger no on suivi.sweep;"
                 "create trigger no before update on suivi.sweep for each row execute function no()");
    auto sweep = co_await reconciler::begin_sweep(db, *held.value(), "First", "full");
    REQUIRE(sweep);
    shop::sweep_report r;
    r.complete = true;
    auto lost = co_await reconciler::end_sweep(db, *held.value(), *sweep, r, std::nullopt, std::nullopt,
                                               reconciler::left_out_references());
    CHECK_FALSE(lost);
    auto undone = co_await db.run_script("rollback");
    REQUIRE(undone);
    s.db.execute("drop function no() cascade");
    auto ended = co_await reconciler::end_sweep(db, *held.value(), *sweep, r, std::nullopt, std::nullopt,
                                                reconciler::left_out_references());
    CHECK(ended);
  };
  test::run(steps);
  CHECK(s.db.value("select verdict from suivi.sweep") == "complete");
}
