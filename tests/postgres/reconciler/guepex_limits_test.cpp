// What Guepex does to whoever asks: quotas, lock-outs, a filter that is ignored, pages that shift while they
// are read. By real sockets.
#include "common/shop/request_quota.hpp"
#include "tests/postgres/reconciler/other_couriers.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::test;

namespace {

// Answers to requests that were sent before the lock-out: one more 429 with a short pause, and a good one.
task<void> note_late_answers(const test::database& db) {
  auto executor = co_await asio::this_coro::executor;
  pg::pool_options pool;
  pool.connect = db.options();
  pg::pool connections(executor, pool);
  shop::request_quota quota(connections);
  const courier::request_limits limits{{5, 50, 1'000, 10'000}, {0, 5, 100, 1'000}};
  courier::request_gate::quota_answer refused;
  refused.throttled = true;
  refused.retry_after = milliseconds(1'000);
  co_await quota.note("acc-1", limits, refused);
  courier::request_gate::quota_answer good;
  good.minute_left = 40;
  co_await quota.note("acc-1", limits, good);
  connections.close();
}

// Nine orders and their parcels, three a page.
void fill(stage& s, guepex_stand_in& courier) {
  courier.page_size = 3;
  for (int n = 1; n <= 9; ++n) {
    s.order(fmt::format("R{}", n));
    courier.rows.push_back({fmt::format("yal-{}", n), fmt::format("R{}", n), "Centre"});
  }
}

std::int64_t tracked(const stage& s) {
  return s.db.number(R"(select count(*) from orders where "trackingNumber" like 'yal-%')");
}

} // namespace

TEST_CASE("rows that move to later pages as parcels are made are all read by an incremental sweep") {
  stage s;
  guepex_stand_in courier;
  fill(s, courier);
  int made = 0;
  courier.before_page = [&] {
    if (made < 4)
      courier.rows.insert(courier.rows.begin(), {fmt::format("yal-new-{}", ++made), "X", "Centre"});
  };
  s.options.kind = reconciler::sweep_kind::incremental;
  auto report = sweep(s, courier);
  CAPTURE(report.reason.value_or(""));
  CHECK(report.complete);
  CHECK(made > 1);
  CHECK(tracked(s) == 9);
}

TEST_CASE(
    "a row that a deleted parcel moves to a page already read is missed by no sweep that says complete") {
  for (auto kind : {reconciler::sweep_kind::full, reconciler::sweep_kind::incremental}) {
    stage s;
    guepex_stand_in courier;
    fill(s, courier);
    int deleted = 0;
    courier.before_page = [&] {
      if (deleted++ == 0) courier.rows.erase(courier.rows.begin());
    };
    s.options.kind = kind;
    auto report = sweep(s, courier);
    CAPTURE(report.reason.value_or(""));
    CHECK(report.complete);
    CHECK(tracked(s) == 9); // R1's parcel was read before it went
  }
}

TEST_CASE(
    "a Guepex that answers look-ups with other parcels has not said of any order that it is not there") {
  stage s;
  guepex_stand_in courier;
  courier.ignores_filter = true;
  courier.page_size = 2;
  for (int n = 1; n <= 60; ++n) s.order(fmt::format("N{}", n));
  s.order("R3");
  courier.rows = {{"yal-1", "R1", "Centre"}, {"yal-2", "R2", "Centre"}, {"yal-3", "R3", "Centre"}};
  s.options.max_orders = 1; // the list is cut, so the rest is looked up
  sweep(s, courier);
  CHECK(s.db.number("select count(*) from suivi.lookup where negatives > 0") == 0);
  courier.ignores_filter = false;
  sweep(s, courier);
  CHECK(s.db.number("select count(*) from suivi.lookup where negatives = 1") == 60);
  CHECK(s.column("R3", "trackingNumber") == "yal-3");
}

TEST_CASE(
    "a lock-out of Guepex's ends the sweep, is kept for every program, and no later answer shortens it") {
  stage s;
  guepex_stand_in courier;
  s.order("R1");
  courier.rows = {{"yal-1", "R1", "Centre"}};
  courier.throttles = true;
  courier.retry_after = "3600";
  auto report = sweep(s, courier);
  CAPTURE(report.reason.value_or(""));
  CHECK_FALSE(report.complete);
  CHECK(courier.requests.size() == 1);
  auto wait = [&] { // of whoever asks next, in whichever program
    return s.db.number("select suivi.take_request('acc-1', '{5,50,1000,10000}', '{0,0,0,0}')");
  };
  CHECK(wait() > 3'500'000);
  // Nobody asks before, whatever became of requests that were under way.
  test::run(note_late_answers(s.db));
  CHECK(wait() > 3'500'000);
  CHECK(s.db.number("select lockouts from suivi.request_quota") == 2);
  courier.throttles = false;
  CHECK_FALSE(sweep(s, courier).complete);
  CHECK(courier.requests.size() == 1);
  s.db.execute("update suivi.request_quota set closed_until = now() - interval '1 second'");
  CHECK(sweep(s, courier).complete);
  CHECK(s.column("R1", "trackingNumber") == "yal-1");
  CHECK(s.db.number("select lockouts from suivi.request_quota") == 0);
}

TEST_CASE(
    "a courier that refuses a request and says that it may come again at once is left alone all the same") {
  database db;
  auto refused_once = [&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool_options pool;
    pool.connect = db.options();
    pg::pool connections(executor, pool);
    shop::request_quota quota(connections);
    const courier::request_limits limits{{5, 50, 1'000, 10'000}, {0, 5, 100, 1'000}};
    auto admitted = co_await quota.admit("acc-1", limits, true);
    CHECK_FALSE(admitted);
    courier::request_gate::quota_answer answer;
    answer.throttled = true;
    answer.retry_after = milliseconds(0);
    co_await quota.note("acc-1", limits, answer);
    connections.close();
  };
  test::run(refused_once);
  CHECK(db.number("select suivi.take_request('acc-1', '{5,50,1000,10000}', '{0,0,0,0}')") > 50'000);
}

TEST_CASE("what is left of Guepex's quota is kept for all programs, and sweeps leave some to others") {
  stage s;
  guepex_stand_in courier;
  courier.minute_left = "4"; // a sweep stops at five
  s.order("R1");
  courier.rows = {{"yal-1", "R1", "Centre"}};
  CHECK(sweep(s, courier).requests >= 1);
  CHECK(s.db.number("select lefts[2] from suivi.request_quota where account = 'acc-1'") <= 4);
  CHECK(s.db.number("select suivi.take_request('acc-1', '{5,50,1000,10000}', '{0,5,100,1000}')") > 0);
  CHECK(s.db.number("select suivi.take_request('acc-1', '{5,50,1000,10000}', '{0,0,0,0}')") < 1'000);
}

TEST_CASE("a dry run heeds Guepex's quotas and writes nothing of them") {
  stage s;
  guepex_stand_in courier;
  fill(s, courier);
  auto quota = [&] { return s.db.value("select string_agg(q::text, ' ') from suivi.request_quota q"); };
  s.options.dry_run = true;
  auto dry = sweep(s, courier);
  CHECK(dry.complete);
  CHECK(dry.backfilled == 9);
  CHECK(quota() == "NULL");

  s.options.dry_run = false;
  CHECK(sweep(s, courier).complete);
  std::string counted = quota();
  CHECK(counted != "NULL");
  s.options.dry_run = true;
  CHECK(sweep(s, courier).complete);
  CHECK(quota() == counted);

  courier.requests.clear();
  s.db.execute("update suivi.request_quota set closed_until = now() + interval '1 hour'");
  CHECK_FALSE(sweep(s, courier).complete); // another program was locked out
  CHECK(courier.requests.size() == 0);
}

TEST_CASE("a dry run heeds what Guepex says is left, and what other programs have used up") {
  database db;
  auto ask = [&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool_options pool;
    pool.connect = db.options();
    pg::pool connections(executor, pool);
    shop::request_quota quota(connections, true);
    const courier::request_limits limits{{5, 50, 1'000, 10'000}, {0, 5, 100, 1'000}};
    auto first = co_await quota.admit("acc-1", limits, false);
    CHECK_FALSE(first);
    courier::request_gate::quota_answer answer;
    answer.day_left = 1'001;
    co_await quota.note("acc-1", limits, answer);
    auto second = co_await quota.admit("acc-1", limits, false);
    CHECK_FALSE(second);
    auto third = co_await quota.admit("acc-1", limits, false);
    REQUIRE(third);
    CHECK(third->why.code == "courier:throttled");
    auto single = co_await quota.admit("acc-1", limits, true);
    CHECK_FALSE(single);
    CHECK(db.number("select count(*) from suivi.request_quota") == 0);

    CHECK(db.number("select suivi.take_request('acc-2', '{5,50,1000,10000}', '{0,0,0,0}')") == 0);
    db.execute("update suivi.request_quota set lefts[4] = 1001");
    auto last = co_await quota.admit("acc-2", limits, false);
    CHECK_FALSE(last);
    auto beyond = co_await quota.admit("acc-2", limits, false);
    CHECK(beyond);
    CHECK(db.number("select lefts[4] from suivi.request_quota") == 1'001);
    connections.close();
  };
  test::run(ask);
}
