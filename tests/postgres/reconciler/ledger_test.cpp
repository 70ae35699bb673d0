// Leases, terms and what a killed sweep leaves behind.
#include "tests/postgres/reconciler/stage.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using suivi::test::stage;

TEST_CASE("an account has one holder, and a lapsed lease is taken over under a higher term") {
  stage s;
  auto both = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto first = co_await take_lease(db, "acc-1", "First", "one");
    REQUIRE(first.value());
    auto second = co_await take_lease(db, "acc-1", "First", "two");
    CHECK_FALSE(second.value());
    s.db.execute("update suivi.account set lease_until = now() - interval '1 second'");
    auto third = co_await take_lease(db, "acc-1", "First", "two");
    REQUIRE(third.value());
    CHECK(third.value()->term == first.value()->term + 1);

    auto sweep = co_await begin_sweep(db, *third.value(), "First", "full");
    REQUIRE(sweep);
    report r;
    r.complete = true;
    lease stale = *first.value();
    request_counts counts;
    auto late = co_await end_sweep(db, stale, *sweep, r, counts, false, std::nullopt);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == "sqlstate:SV002");
    CHECK(s.db.value("select full_watermark is null from suivi.account") == "t");
    auto not_begun = co_await test::connected(options);
    auto refused = co_await begin_sweep(not_begun, stale, "First", "full");
    CHECK_FALSE(refused);
    CHECK(s.db.number("select count(*) from suivi.sweep") == 1);
  };
  test::run(both);
}

TEST_CASE("a sweep that is killed leaves a report that says so") {
  stage s;
  auto begun = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto held = co_await take_lease(db, "acc-1", "First", "one");
    auto sweep = co_await begin_sweep(db, *held.value(), "First", "full");
    REQUIRE(sweep);
    auto known = co_await last_sweeps(db, 10);
    REQUIRE(known.value().size() == 1);
    CHECK(known.value().front().running);
    s.db.execute("update suivi.account set lease_until = now() - interval '1 second'");
    auto later = co_await last_sweeps(db, 10);
    CHECK_FALSE(later.value().front().running);
    CHECK_FALSE(later.value().front().r.complete);
    CHECK(later.value().front().r.reason.value_or("") == "killed before its end");
    auto starts = co_await last_full_starts(db);
    CHECK(starts.value().empty()); // it stands for no scheduled run
  };
  test::run(begun);
}

TEST_CASE("missed by webhook are orders seen before whose new state no webhook tells") {
  stage s;
  for (int i = 1; i <= 3; ++i) {
    s.order(fmt::format("R{}", i));
    s.courier.rows.push_back({fmt::format("00000000-0000-4000-8000-{:012}", i), fmt::format("R{}", i), 6, fmt::format("17{}", i)});
  }
  CHECK(s.sweep().missed_by_webhook == 0); // seen for the first time
  s.courier.rows[0].status = 31;
  s.courier.rows[1].status = 31;
  s.db.execute(R"sql(insert into suivi.inbox (id, stored_on, received_at, raw, uuid, status)
    values (1, (now() at time zone 'UTC')::date, now(), '', '00000000-0000-4000-8000-000000000002', 31))sql");
  auto report = s.sweep();
  CHECK(report.status_changed == 2);
  CHECK(report.missed_by_webhook == 1);
  CHECK(s.db.number("select missed_by_webhook from suivi.sweep order by id desc limit 1") == 1);
  CHECK(s.sweep().missed_by_webhook == 0);
}
