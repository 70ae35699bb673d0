// Leases, terms and what a killed sweep leaves behind.
#include "reconciler/store/missed_changes.hpp"
#include "reconciler/store/sweep_history.hpp"
#include "reconciler/store/sweep_record.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using suivi::test::stage;

namespace {

task<void> check_progress_renews_request(const test::database& shop, pg::connection& db, lease held,
                                         begun_sweep sweep) {
  shop.execute("update suivi.sweep_request set asked_at = now() - interval '1 hour'");
  auto renewed = co_await record_progress(db, held, sweep, shop::sweep_report(), 3);
  CHECK(renewed.value());
  CHECK(shop.number(
            "select count(*) from suivi.sweep_request where asked_at > now() - interval '1 minute'") == 1);
}

} // namespace

TEST_CASE("an account has one holder, and a lapsed lease is taken over under a higher term") {
  stage s;
  auto both = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto first = co_await acquire_lease(db, "acc-1", "First", "one");
    REQUIRE(first.value());
    auto second = co_await acquire_lease(db, "acc-1", "First", "two");
    CHECK_FALSE(second.value());
    s.db.execute("update suivi.account set lease_until = now() - interval '1 second'");
    auto third = co_await acquire_lease(db, "acc-1", "First", "two");
    REQUIRE(third.value());
    CHECK(third.value()->term == first.value()->term + 1);

    auto sweep = co_await begin_sweep(db, *third.value(), "First", "full");
    REQUIRE(sweep);
    shop::sweep_report r;
    r.complete = true;
    lease stale = *first.value();
    auto late = co_await end_sweep(db, stale, *sweep, r, std::nullopt, std::nullopt);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == pg::term_passed);
    CHECK(s.db.value("select full_watermark is null from suivi.account") == "t");
    auto not_begun = co_await test::connected(options);
    auto refused = co_await begin_sweep(not_begun, stale, "First", "full");
    CHECK_FALSE(refused);
    CHECK(s.db.number("select count(*) from suivi.sweep") == 1);
  };
  test::run(both);
}

TEST_CASE("a request stays until its sweep has ended, so that a killed or stopped one is begun again") {
  stage s;
  s.db.execute("insert into suivi.reconciler (owner) values ('one')");
  const std::string promised = s.db.value("select sweep from suivi.ask_for_sweeps('{acc-1}', 'full')");
  auto steps = [&]() -> task<void> {
    auto db = co_await test::connected(s.db.options());
    auto first = co_await acquire_lease(db, "acc-1", "First", "one");
    auto killed = co_await begin_sweep(db, *first.value(), "First", "full");
    REQUIRE(killed);
    CHECK(std::to_string(killed->id) == promised);
    REQUIRE(killed->again);
    co_await check_progress_renews_request(s.db, db, *first.value(), *killed);
    s.db.execute("update suivi.account set lease_until = now() - interval '1 second'");

    auto second = co_await acquire_lease(db, "acc-1", "First", "two");
    auto stopped = co_await begin_sweep(db, *second.value(), "First", "full");
    REQUIRE(stopped);
    CHECK(stopped->id == *killed->again);
    shop::sweep_report r;
    r.kind = "full";
    r.abandoned = true;
    auto left = co_await end_sweep(db, *second.value(), *stopped, r, std::nullopt, std::nullopt);
    REQUIRE(left);
    CHECK(s.db.number("select count(*) from suivi.sweep_request") == 1);

    auto third = co_await acquire_lease(db, "acc-1", "First", "three");
    auto ended = co_await begin_sweep(db, *third.value(), "First", "full");
    REQUIRE(ended);
    CHECK(ended->id == *stopped->again);
    r.abandoned = false;
    for (int again = 0; again < 2; ++again) {
      auto done = co_await end_sweep(db, *third.value(), *ended, r, std::nullopt, std::nullopt);
      CHECK(done);
    }
    CHECK(s.db.number("select count(*) from suivi.sweep_request") == 0);
    auto fourth = co_await acquire_lease(db, "acc-1", "First", "four");
    auto unasked = co_await begin_sweep(db, *fourth.value(), "First", "full");
    REQUIRE(unasked);
    CHECK_FALSE(unasked->again);
  };
  test::run(steps);
}

TEST_CASE("a sweep that is killed leaves a report that says so") {
  stage s;
  auto begun = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto held = co_await acquire_lease(db, "acc-1", "First", "one");
    auto sweep = co_await begin_sweep(db, *held.value(), "First", "full");
    REQUIRE(sweep);
    const std::vector<std::string> only{"acc-1"};
    auto known = co_await last_sweeps(db, only, 10);
    REQUIRE(known.value().size() == 1);
    CHECK(known.value().front().running);
    s.db.execute("update suivi.account set lease_until = now() - interval '1 second'");
    auto later = co_await last_sweeps(db, only, 10);
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
    s.courier.rows.push_back(
        {fmt::format("00000000-0000-4000-8000-{:012}", i), fmt::format("R{}", i), 6, fmt::format("17{}", i)});
  }
  CHECK(s.sweep().missed_by_webhook == 0); // seen for the first time
  s.courier.rows[0].status = 31;
  s.courier.rows[1].status = 31;
  s.db.execute(R"sql(insert into suivi.inbox (id, stored_on, received_at, raw, uuid, status)
    values (1, (now() at time zone 'UTC')::date, now(), '', '00000000-0000-4000-8000-000000000002', 31))sql");
  auto report = s.sweep();
  CHECK(report.status_changed == 2);
  CHECK(report.missed_by_webhook == 1);
  CHECK(s.db.value("select missed_by_webhook || ' ' || missed_listed || ' ' || string_agg(m.order_id, ',') "
                   "from suivi.sweep w"
                   " join suivi.sweep_missed m on m.sweep_id = w.id group by w.id") == "1 true o-R1");
  CHECK(s.sweep().missed_by_webhook == 0);
}

TEST_CASE(
    "a webhook that told the same state before the parcel went on from it tells nothing of its coming back") {
  stage s;
  s.shipped(1, 22);
  s.shipped(2, 22);
  s.shipped(3, 22);
  CHECK(s.sweep().complete);
  auto hear = [&](int event, int n, int status, const std::string& published, const std::string& received) {
    s.db.execute(fmt::format(
        R"sql(insert into suivi.inbox (id, stored_on, received_at, published_at, raw, uuid, status)
      values ({}, (now() at time zone 'UTC')::date, now() - interval '{}', now() - interval '{}', '',
              '00000000-0000-4000-8000-{:012}', {}))sql",
        event, received, published, n, status));
    if (status != 32) return;
    s.db.execute(fmt::format(
        R"sql(insert into suivi.change (order_id, account, parcel, source, field, to_value, event_id)
      values ('o-R{}', 'acc-1', '00000000-0000-4000-8000-{:012}', 1, 'shippingStatus', 'ALERTÉ', {}))sql",
        n, n, event));
  };
  for (int n = 1; n <= 3; ++n)
    s.db.execute(
        fmt::format("update orders set \"shippingStatus\" = 'ALERTÉ' where \"reference\" = 'R{}'", n));
  // All are dispatched, then alerted, and dispatched again in the end. Of the first only the first dispatch
  // was told, late; of the second the second one, before the alert came; of the third it is told without a
  // time.
  hear(1, 1, 31, "30 minutes", "5 minutes");
  hear(2, 1, 32, "20 minutes", "20 minutes");
  hear(3, 2, 31, "10 minutes", "9 minutes");
  hear(4, 2, 32, "20 minutes", "8 minutes");
  hear(5, 3, 32, "20 minutes", "20 minutes");
  hear(6, 3, 31, "-10 minutes", "10 minutes"); // of the future: as of its receipt
  for (auto& row : s.courier.rows) row.status = 31;
  auto report = s.sweep();
  CHECK(report.status_changed == 3);
  CHECK(report.missed_by_webhook == 1);
}

TEST_CASE("watermarks move forwards only, together with their report or not at all") {
  stage s;
  auto ended = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    shop::sweep_report r;
    r.complete = true;
    auto end_one = [&](shop::sweep_report with) -> task<result<void>> {
      auto held = co_await acquire_lease(db, "acc-1", "First", "one");
      auto sweep = co_await begin_sweep(db, *held.value(), "First", with.kind);
      auto done = co_await end_sweep(db, *held.value(), *sweep, with, std::nullopt, std::nullopt);
      co_return done;
    };
    auto first = co_await end_one(r);
    REQUIRE(first);
    CHECK(s.db.value("select a.full_watermark = s.started_at and a.whole_watermark = s.started_at and "
                     "a.incremental_watermark "
                     "is null from suivi.account a join suivi.sweep s on s.id = a.last_sweep") == "t");

    r.truncated = true;
    auto truncated = co_await end_one(r);
    REQUIRE(truncated);
    CHECK(s.db.value("select full_watermark > whole_watermark from suivi.account") == "t");
    r.truncated = false;

    s.db.execute("update suivi.account set full_watermark = '2100-01-01Z', whole_watermark = '2100-01-01Z'");
    auto later = co_await end_one(r);
    REQUIRE(later);
    CHECK(
        s.db.value(
            "select full_watermark = '2100-01-01Z' and whole_watermark = '2100-01-01Z' from suivi.account") ==
        "t");
  };
  test::run(ended);
}

TEST_CASE("a sweep that the shop's statistics refuse is complete all the same") {
  stage s;
  s.shipped(1);
  auto counted = [&] {
    return s.db.number("select \"requestCount\" from shipping_accounts where \"id\" = 'acc-1'");
  };
  SUBCASE("their row is locked") {
    shop::sweep_report report;
    auto locked = [&]() -> task<void> {
      auto shop_own = co_await test::connected(s.db.options());
      auto held = co_await shop_own.run_script("begin; select 1 from shipping_accounts for update");
      REQUIRE(held);
      report = co_await sweep_once(s.db, s.courier, "acc-1", s.options);
    };
    test::run(locked);
    CHECK(report.complete);
    CHECK(counted() == 0);
    CHECK(s.sweep().complete);
    CHECK(counted() > 0);
  }
  SUBCASE("a counter is full") {
    s.db.execute("update shipping_accounts set \"requestCount\" = 2147483647");
    CHECK(s.sweep().complete);
    CHECK(counted() == 2'147'483'647);
    CHECK(s.db.number("select \"successCount\" from shipping_accounts where \"id\" = 'acc-1'") > 0);
  }
  SUBCASE("the table is gone") {
    s.db.execute("alter table shipping_accounts rename to elsewhere");
    CHECK(s.sweep().complete);
  }
  CHECK(s.db.value("select full_watermark is not null and lease_owner is null from suivi.account") == "t");
}

TEST_CASE("missed webhooks that cannot be counted are unknown, and the sweep is complete") {
  stage s;
  s.shipped(1, 22);
  CHECK(s.sweep().missed_by_webhook == 0);
  s.courier.rows[0].status = 31;
  shop::sweep_report report;
  auto locked = [&]() -> task<void> {
    auto other = co_await test::connected(s.db.options());
    auto held = co_await other.run_script("begin; lock table suivi.inbox in access exclusive mode");
    REQUIRE(held);
    report = co_await sweep_once(s.db, s.courier, "acc-1", s.options);
  };
  test::run(locked);
  CHECK(report.complete);
  CHECK(report.status_changed == 1);
  CHECK_FALSE(report.missed_by_webhook.has_value());
  CHECK(to_json(report)["missedByWebhook"].is_null());
  CHECK(s.db.value("select missed_by_webhook is null and not missed_listed from suivi.sweep order by id desc "
                   "limit 1") == "t");
}

TEST_CASE("2,000 changes beside 60,000 webhooks are counted in the time a report may take") {
  stage s;
  s.db.execute(R"sql(
insert into suivi.account (id, term) values ('acc-1', 1);
insert into suivi.sweep (account, account_name, kind, term, owner, verdict, started_at)
values ('acc-1', '', 'full', 1, '', 'complete', now() - interval '6 hours'), ('acc-1', '', 'full', 1, '', 'complete', now());
update suivi.sweep set parcels_before = 100000;
insert into suivi.parcel (account, uuid, display_id, reference, order_id, status, left_statuses, as_of_shape, source)
select 'acc-1', 'u' || n, 'd' || n, 'R' || n, 'o' || n, 31, '{22}', 3, 0 from generate_series(1, 2000) n;
insert into suivi.change (order_id, account, parcel, source, field, from_value, to_value, sweep_id)
select 'o' || n, 'acc-1', 'u' || n, 0, 'shippingStatus', 'A', 'B', (select max(id) from suivi.sweep) from generate_series(1, 2000) n;
insert into suivi.inbox (id, stored_on, received_at, raw, uuid, display_id, reference, status)
select n, (now() at time zone 'UTC')::date, now(), '', 'u' || (n % 30000 + 1001), 'x' || n, 'y' || n, 31
from generate_series(1, 60000) n)sql");
  auto count = [&]() -> task<void> {
    auto db = co_await test::connected(s.db.options());
    auto missed = co_await count_missed(db, s.db.number("select max(id) from suivi.sweep"));
    REQUIRE(missed);
    CHECK(*missed == 1'000);
  };
  test::run(count);
}

TEST_CASE("a sweep whose end was committed and not heard of is ended once, however often that is tried") {
  stage s;
  auto ended = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto held = co_await acquire_lease(db, "acc-1", "First", "one");
    auto sweep = co_await begin_sweep(db, *held.value(), "First", "full");
    shop::sweep_report r;
    r.complete = true;
    for (int tries = 0; tries < 2; ++tries) {
      auto done = co_await end_sweep(db, *held.value(), *sweep, r, std::nullopt, std::nullopt);
      CHECK(done);
      if (tries == 0) { // meanwhile another reconciler has taken the account, which is free
        auto other = co_await acquire_lease(db, "acc-1", "First", "two");
        CHECK(other.value());
      }
    }
    r.complete = false;
    r.reason = "another reconciler took the account over";
    auto lost = co_await end_lost_sweep(db, sweep->id, r);
    CHECK(lost);
  };
  test::run(ended);
  CHECK(s.db.value("select verdict || coalesce(reason, '') from suivi.sweep") == "complete");
  CHECK(s.db.value("select lease_owner from suivi.account") == "two");
}

TEST_CASE("the last starts are those of sweeps that came to their own end, by kind") {
  stage s;
  s.db.execute(R"sql(insert into suivi.account (id) values ('acc-1'), ('acc-2');
    insert into suivi.sweep (account, account_name, kind, term, owner, started_at, finished_at, abandoned) values
    ('acc-1', '', 'full', 1, '', '2026-01-01Z', now(), false), ('acc-1', '', 'incremental', 1, '', '2026-01-02Z', now(), false),
    ('acc-1', '', 'full', 1, '', '2026-01-03Z', now(), true), ('acc-1', '', 'full', 1, '', '2026-01-04Z', null, false))sql");
  auto request = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto full = co_await last_full_starts(db);
    auto any = co_await last_starts(db);
    CHECK(full.value().at("acc-1") == parse_instant("2026-01-01T00:00:00Z").value());
    CHECK(any.value().at("acc-1") == parse_instant("2026-01-02T00:00:00Z").value());
    CHECK(any.value().size() == 1); // acc-2 was never swept
  };
  test::run(request);
}

TEST_CASE("after every sweep, of either kind and whatever its verdict, parked events are due at once") {
  stage s;
  s.courier.broken_pages = {"1"};
  for (bool newest : {false, true}) {
    s.db.execute("delete from suivi.pending; insert into suivi.pending (event_id, stored_on, state, due_at, "
                 "owner) values "
                 "(1, '2026-01-01', 'parked', now() + interval '1 hour', null), "
                 "(2, '2026-01-01', 'failed', now() + interval '1 hour', null), "
                 "(3, '2026-01-01', 'parked', now() + interval '1 hour', 'somebody')");
    auto report = newest ? s.sweep_newest() : s.sweep();
    CHECK_FALSE(report.complete);
    CHECK(s.db.value("select string_agg(event_id::text, ',') from suivi.pending where due_at <= now()") ==
          "1");
  }
}

TEST_CASE(
    "the schedule learns of starts, of full sweeps incomplete in a row, and of the database's own time") {
  stage s;
  auto ask = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto none = co_await read_sweep_starts(db);
    REQUIRE(none);
    CHECK(none->accounts.empty());
    CHECK(none->now > instant{});
    s.db.execute(
        "insert into suivi.account (id) values ('acc-1'), ('acc-2');"
        "insert into suivi.sweep (account, account_name, kind, term, owner, finished_at, verdict, abandoned)"
        " values ('acc-1', '', 'full', 1, 'o', now(), 'incomplete', false),"
        " ('acc-1', '', 'full', 1, 'o', now(), 'complete', false),"
        " ('acc-1', '', 'full', 1, 'o', now(), 'incomplete', false),"
        " ('acc-1', '', 'full', 1, 'o', now(), 'incomplete', true)," // stopped: stands for nothing
        " ('acc-1', '', 'incremental', 1, 'o', now(), 'complete', false),"
        " ('acc-1', '', 'full', 1, 'o', now(), 'incomplete', false),"
        " ('acc-2', '', 'full', 1, 'o', now(), 'complete', false)");
    auto known = co_await read_sweep_starts(db);
    REQUIRE(known);
    CHECK(known->accounts.at("acc-1").incomplete_fulls == 2);
    CHECK(known->accounts.at("acc-1").full_ended.has_value());
    CHECK(known->accounts.at("acc-1").any.has_value());
    CHECK(known->accounts.at("acc-2").incomplete_fulls == 0);
  };
  test::run(ask);
}

TEST_CASE("a sweep that could not begin has no id, and is told apart from a dry run") {
  stage s;
  s.shipped(1);
  s.db.execute("alter table suivi.sweep rename to sweep_elsewhere");
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.id == "");
  CHECK(s.courier.pages_requested.empty());
}
