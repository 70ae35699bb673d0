// Sweeps against a real database and a courier behind a socket.
#include "tests/postgres/reconciler/sweep_stage.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;

namespace {

const std::string uuid_1 = "11111111-1111-4111-8111-111111111111";
const std::string uuid_2 = "22222222-2222-4222-8222-222222222222";

std::string uuid_of(int n) {
  return fmt::format("00000000-0000-4000-8000-{:012}", n);
}

} // namespace

TEST_CASE("a missing tracking number is filled though the status text is already right") {
  stage s;
  s.order("R1", R"("shippingStatus")", "'EN COURS'");
  s.courier.rows = {{uuid_1, "R1", 6, "1700000000000001"}};
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.backfilled == 1);
  CHECK(report.status_changed == 0);
  CHECK(s.column("R1", "trackingNumber") == "1700000000000001");
  CHECK(s.column("R1", "maystroOrderId") == uuid_1);
}

TEST_CASE("the state of an order without tracking number is synchronized, and of one without status too") {
  stage s;
  s.order("R1", R"("shippingStatus")", "'CRÉÉ'");
  s.order("R2");
  s.courier.rows = {{uuid_1, "R1", 31, "1700000000000001"}, {uuid_2, "R2", 41, "1700000000000002"}};
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.backfilled == 2);
  CHECK(report.status_changed == 2);
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  CHECK(s.column("R2", "shippingStatus") == "LIVRÉ");
  CHECK(s.column("R2", "status") == "DELIVERED");
}

TEST_CASE("a second sweep writes no row") {
  stage s;
  for (int i = 1; i <= 50; ++i) {
    s.order(fmt::format("R{}", i));
    s.courier.rows.push_back({uuid_of(i), fmt::format("R{}", i), 31, fmt::format("17{:014}", i)});
  }
  auto first = s.sweep();
  CHECK(first.backfilled == 50);
  CHECK(first.pages == 3);
  std::string before =
      s.db.value("select md5(string_agg(xmin::text || \"updatedAt\", ',' order by \"id\")) from orders");
  auto second = s.sweep();
  CHECK(second.complete);
  CHECK(second.backfilled == 0);
  CHECK(second.unchanged == 50);
  CHECK(s.db.value("select md5(string_agg(xmin::text || \"updatedAt\", ',' order by \"id\")) from orders") ==
        before);
}

TEST_CASE("fetched is matched and unmatched and conflicts, and another account's order is never written") {
  stage s;
  s.order("R1");
  s.order("R2", "", "", "'acc-2'");
  s.courier.rows = {{uuid_of(1), "R1", 6, "1"}, {uuid_of(2), "R2", 6, "2"}, {uuid_of(3), "NOWHERE", 6, "3"}};
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.fetched == 3);
  CHECK(report.matched == 1);
  CHECK(report.conflicts == 1);
  CHECK(report.unmatched == 1);
  CHECK(s.column("R2", "trackingNumber") == "NULL");
}

TEST_CASE("only a complete sweep moves the watermark, and an incomplete one applies what it read") {
  stage s;
  for (int i = 1; i <= 60; ++i) {
    s.order(fmt::format("R{}", i));
    s.courier.rows.push_back({uuid_of(i), fmt::format("R{}", i), 31, fmt::format("17{:014}", i)});
  }
  s.courier.broken_pages = {"2"};
  s.options.lookup_limit = 0;
  auto broken = s.sweep();
  CHECK_FALSE(broken.complete);
  CHECK(broken.reason.value_or("").find("1 page(s) could not be read: 2") == 0);
  CHECK(broken.backfilled == 40);
  CHECK(broken.retries == 5);
  CHECK(s.db.value("select full_watermark is null from suivi.account where id = 'acc-1'") == "t");
  s.courier.broken_pages.clear();
  auto whole = s.sweep();
  CHECK(whole.complete);
  CHECK(whole.backfilled == 20);
  CHECK(s.db.value("select a.full_watermark = s.started_at and a.lease_until is null from suivi.account a "
                   "join suivi.sweep s on s.account = a.id and s.verdict = 'complete'") == "t");
}

TEST_CASE("a page that is always answered 403 or 500 is that page's fault and not the key's") {
  stage s;
  for (unsigned status : {403u, 500u}) {
    s.courier.rows.clear();
    for (int i = 1; i <= 60; ++i) {
      std::string reference = fmt::format("R{}-{}", status, i);
      s.order(reference);
      s.courier.rows.push_back(
          {uuid_of(static_cast<int>(status) * 100 + i), reference, 31, fmt::format("{}{:012}", status, i)});
    }
    s.courier.broken_pages = {"2"};
    s.courier.broken_status = status;
    s.options.lookup_limit = 0;
    auto report = s.sweep();
    CHECK_FALSE(report.complete);
    CHECK(report.reason.value_or("").find("1 page(s) could not be read: 2") == 0);
    CHECK(report.backfilled == 40);
    CHECK(report.retries == 5);
    CHECK(s.db.value("select key_refused_at from suivi.account where id = 'acc-1'") == "NULL");
    s.courier.broken_pages.clear();
    CHECK(s.sweep().complete);
  }
}

TEST_CASE("cut at max_orders it is complete, and says nothing of older parcels") {
  stage s;
  for (int i = 1; i <= 60; ++i)
    s.courier.rows.push_back({uuid_of(i), fmt::format("R{}", i), 31, fmt::format("{}", i)});
  s.options.max_orders = 30;
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.reason.value_or("") == "newest 30");
  CHECK(report.fetched == 30);
  CHECK(s.db.value("select whole_watermark is null and full_watermark is not null from suivi.account") ==
        "t");
}

TEST_CASE(
    "of several parcels with one reference the order shows the current one, on whatever pages they are") {
  stage s;
  s.order("R1");
  for (int n = 1; n <= 60; ++n)
    s.courier.rows.push_back({uuid_of(n), fmt::format("X{}", n), 6, fmt::format("{}", n)});
  auto ship = [&](std::size_t place, int n, int status, const char* created_at) {
    s.courier.rows[place] = {uuid_of(n), "R1", status, fmt::format("17{}", n), created_at};
  };
  ship(3, 903, 50, "2026-01-12T10:00:00Z"); // the newest has turned back
  ship(25, 902, 31, "2026-01-11T10:00:00Z");
  ship(55, 901, 41, "2026-01-10T10:00:00Z");
  for (bool newest_first : {true, false}) {
    if (!newest_first) std::reverse(s.courier.rows.begin(), s.courier.rows.end());
    for (int again = 0; again < 2; ++again) {
      CHECK(s.sweep().complete);
      CHECK(s.column("R1", "trackingNumber") == "17902");
      CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
    }
  }
  std::string row = s.db.value("select xmin::text from orders");
  for (int again = 0; again < 2; ++again) {
    auto report = s.sweep();
    CHECK(report.stale == 2);
    CHECK(report.status_changed + report.backfilled == 0);
    CHECK(s.sweep_newest().status_changed == 0);
  }
  CHECK(s.db.value("select xmin::text from orders") == row);
  s.courier.rows[60 - 1 - 25].status = 51; // all but the oldest turn back
  CHECK(s.sweep().status_changed == 1);
  CHECK(s.column("R1", "trackingNumber") == "17901");
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
}

TEST_CASE("a refused key stops the account after one request and the statistics count it") {
  stage s;
  s.courier.refuse_with = 401;
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.requests == 1);
  CHECK(report.reason.value_or("") == "the courier refuses this account's key (401)");
  CHECK(
      s.db.value(
          R"sql(select "requestCount" || '/' || "successCount" || '/' || "errorCount" || ("lastUsed" is not null)
                         from shipping_accounts where "id" = 'acc-1')sql") == "1/0/1true");
  CHECK(s.db.value("select problem from suivi.account") == "the courier refuses this account's key (401)");
}

TEST_CASE("throttled requests use up no tries") {
  stage s;
  s.courier.throttle_first = 4;
  s.courier.rows = {{uuid_1, "R1", 6, "1"}};
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.throttled == 4);
  CHECK(report.requests == 5);
}

TEST_CASE("a courier that wants to be left alone for an hour is left alone by the next sweep too") {
  stage s;
  s.shipped(1);
  s.courier.throttle_first = 1;
  s.courier.retry_after = 3'600;
  auto first = s.sweep();
  CHECK_FALSE(first.complete);
  CHECK(first.reason.value_or("") == "the courier wants to be left alone for 3600 s");
  CHECK(s.courier.requests == 1);
  CHECK(s.db.value("select courier_paused_until between now() + interval '59 minutes' and now() + interval "
                   "'61 minutes'"
                   " from suivi.account") == "t");
  CHECK_FALSE(s.sweep().complete);
  s.options.dry_run = true;
  CHECK_FALSE(s.sweep().complete);
  s.options.dry_run = false;
  CHECK(s.courier.requests == 1);
  s.db.execute("update suivi.account set courier_paused_until = clock_timestamp() + interval '1 second'");
  CHECK(s.sweep().complete); // a short pause is waited out
}

TEST_CASE("a 429 amid requests side by side holds all of them back for as long as it says and no longer") {
  stage s;
  for (int n = 1; n <= 60; ++n) s.shipped(n);
  REQUIRE(s.sweep().complete);
  s.courier.requests = 0;
  s.courier.throttle_each = 2; // the first of two single reads under way together, and so on
  auto report = s.sweep_newest();
  CHECK(report.complete);
  CHECK(report.throttled >= 5);
  CHECK(report.retries == report.throttled);
  CHECK(report.seconds < 30); // a quarter of a second each, at most
}

TEST_CASE(
    "an account that somebody else sweeps is passed over once patience is at its end, and nothing is asked") {
  stage s;
  s.shipped(1);
  s.db.execute("insert into suivi.account (id, lease_owner, lease_until, term) values "
               "('acc-1', 'somebody', now() + interval '1 hour', 7)");
  auto outcome = test::run(test::sweep_round_once(s.db, s.courier, "acc-1", s.options, milliseconds(1'200)));
  CHECK(outcome.reports.empty());
  CHECK(outcome.passed_over == std::vector<std::string>{"acc-1"});
  CHECK(s.courier.requests == 0);
  CHECK(s.db.value("select lease_owner || term from suivi.account") == "somebody7");
}

TEST_CASE("a row locked by the shop is written when the lock is gone") {
  stage s;
  s.order("R1");
  s.courier.rows = {{uuid_1, "R1", 6, "1700000000000001"}};
  // Another session of the shop holds the row for a while; a server-side sleep keeps this test free of its
  // own.
  auto locked_then_swept = [&]() -> task<shop::sweep_report> {
    auto executor = co_await asio::this_coro::executor;
    pg::connect_options options = s.db.owner_options();
    auto holder = co_await pg::connection::connect(options);
    if (!holder) throw std::runtime_error(to_string(holder.error()));
    auto begun =
        co_await holder->run_script("begin; update orders set \"notes\" = 'x' where \"reference\" = 'R1'");
    if (!begun) throw std::runtime_error(to_string(begun.error()));
    runtime::task_group group(executor);
    auto release = [&]() -> task<void> {
      auto waited = co_await holder->run_script("select pg_sleep(1.5); commit");
      if (!waited) throw std::runtime_error(to_string(waited.error()));
    };
    group.spawn("release", release());
    auto report = co_await test::sweep_once(s.db, s.courier, "acc-1", s.options);
    co_await group.join();
    co_return report;
  };
  auto report = test::run(locked_then_swept);
  CHECK(report.complete);
  CHECK(report.backfilled == 1);
  CHECK(s.column("R1", "trackingNumber") == "1700000000000001");
  CHECK(s.column("R1", "notes") == "x");
}

TEST_CASE("a sweep cut below its settings moves no watermark and stands for no scheduled one") {
  stage s;
  for (int i = 1; i <= 60; ++i) {
    s.order(fmt::format("R{}", i));
    s.courier.rows.push_back({uuid_of(i), fmt::format("R{}", i), 31, fmt::format("17{:014}", i)});
  }
  s.options.max_orders = 30;
  s.options.below_settings = true;
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.backfilled >= 30);
  CHECK(s.db.value("select full_watermark from suivi.account") == "NULL");
  CHECK(s.db.value("select bool_and(abandoned) from suivi.sweep") == "t");
  s.options.below_settings = false;
  CHECK(s.sweep().complete);
  CHECK(s.db.value("select full_watermark is not null from suivi.account") == "t");
}

TEST_CASE(
    "no report stands beside an older list of what was left out: both are written together, or neither") {
  stage s;
  s.shipped(1);
  s.shipped(2);
  s.db.execute("update orders set \"shippingAccountId\" = 'acc-2' where \"reference\" = 'R2'");
  CHECK(s.sweep().complete);
  CHECK(s.db.value("select w.verdict || (c.xmin = w.xmin) from suivi.sweep_conflict c join suivi.sweep w "
                   "on w.id = c.sweep_id") == "completetrue");
  s.db.execute(R"sql(
create function suivi.refuse() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$;
create trigger refuse before insert on suivi.sweep_conflict for each row execute function suivi.refuse();
create table before as select full_watermark from suivi.account)sql");
  CHECK_FALSE(s.sweep().complete);
  CHECK(s.db.value("select verdict || (select full_watermark = (select full_watermark from before) from "
                   "suivi.account) from suivi.sweep order by id desc limit 1") == "incompletetrue");
  s.db.execute("drop function suivi.refuse() cascade; update suivi.account set lease_until = now()");
  CHECK(s.sweep().complete);
  CHECK(s.db.value("select reference from suivi.sweep_conflict where sweep_id = (select max(id) from "
                   "suivi.sweep)") == "R2");
}

TEST_CASE("what a whole list left out stays told by sweeps that read less, until one reads it whole") {
  stage s;
  for (int n = 1; n <= 30; ++n) s.shipped(n);
  s.db.execute(R"sql(update orders set "shippingAccountId" = 'acc-2' where "reference" = 'R2';
    alter table orders add constraint short check ("reference" <> 'R3' or "trackingNumber" is null) not valid)sql");
  s.courier.rows.push_back({uuid_of(900), "NOBODYS", 6, "1790"});
  auto left_out = [&] {
    return s.db.value(
        "select string_agg(reference || case when refused then '!' when unmatched then '?' else '' "
        "end, ' ' order by reference) from suivi.sweep_conflict where sweep_id = (select max(id) "
        "from suivi.sweep)");
  };
  CHECK_FALSE(s.sweep().complete); // R3 is refused; the list was read whole
  CHECK(left_out() == "NOBODYS? R2 R3!");
  s.courier.broken_pages = {"2"}; // the rows of R2 and R3
  CHECK_FALSE(s.sweep().complete);
  CHECK(left_out() == "NOBODYS? R2 R3!");
  s.courier.refuse_with = 401;
  CHECK_FALSE(s.sweep().complete);
  CHECK(left_out() == "NOBODYS? R2 R3!");
  s.courier.refuse_with = 0;
  s.courier.broken_pages.clear();
  s.courier.rows.pop_back();
  s.db.execute("alter table orders drop constraint short");
  CHECK(s.sweep().complete);
  CHECK(left_out() == "R2");
}

TEST_CASE("a sweep cut below its settings hides no failed full one") {
  stage s;
  for (int n = 1; n <= 30; ++n) s.shipped(n);
  s.courier.broken_pages = {"2"};
  CHECK_FALSE(s.sweep().complete);
  std::string problem = s.db.value("select problem from suivi.account");
  CHECK(problem != "NULL");
  s.options.max_orders = 10;
  s.options.below_settings = true;
  CHECK(s.sweep().complete);
  CHECK(s.db.value("select problem from suivi.account") == problem);
}

TEST_CASE("a change between a pull by a right clock and one by a clock behind it is never silently stale") {
  stage s;
  s.shipped(1);
  CHECK(s.sweep().complete);
  // As if by another worker, whose clock is right; ours is behind it and the courier's.
  auto ahead = [&](int by_s) {
    s.db.execute(
        fmt::format("update suivi.parcel set as_of_from = now() + interval '{0} s', as_of_to = now() + "
                    "interval '{0} s'",
                    by_s));
    s.courier.clock_behind = -std::chrono::seconds(by_s + 1);
  };
  ahead(600);
  s.courier.rows[0].status = 41;
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.reason.value_or("") == "1 order(s) stay in doubt: R1");
  ahead(3); // so long is waited for
  CHECK(s.sweep().complete);
  CHECK(s.column("R1", "shippingStatus") == "LIVRÉ");
}
