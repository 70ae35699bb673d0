// Replays against a real shop: what they select, what they write, and what they leave to others.
#include "tests/postgres/receiver/replay_stage.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* outcomes = "select string_agg(outcome, ' ' order by event_id) from suivi.event_outcome";

replay_options options_of(std::string owner) {
  replay_options how;
  how.owner = std::move(owner);
  how.events_per_second = 10'000;
  return how;
}

} // namespace

TEST_CASE("parked events are applied once their orders are there and a second time changes nothing") {
  replay_stage at;
  at.store({a_webhook(1, 31), a_webhook(2, 41), a_webhook(3, 31)});
  at.park();
  CHECK(counts(at.replayed({})) == "selected 3 parked 3");
  CHECK(at.db.value("select string_agg(distinct state, ' ') from suivi.pending where owner is null") ==
        "parked");
  at.orders(1, 2);
  CHECK(counts(at.replayed({})) == "selected 3 applied 2 parked 1");
  CHECK(at.status_of("o2") == "LIVRÉ");
  CHECK(at.db.value("select distinct source::text from suivi.change") == "5");
  CHECK(at.db.value(outcomes) == "applied applied");
  CHECK(counts(at.replayed({})) == "selected 1 parked 1");
  auto written = at.db.value("select max(\"updatedAt\") from orders");
  CHECK(counts(at.replayed(of("all"))) == "selected 3 unchanged 2 parked 1");
  CHECK(at.db.value("select max(\"updatedAt\") from orders") == written);
}

TEST_CASE("what was applied and changes nothing keeps the outcome of its first time") {
  replay_stage at;
  at.orders(1, 3);
  at.store({a_webhook(1, 31), a_webhook(2, 41), a_webhook(3, 31)});
  CHECK(counts(at.replayed(of("all"))) == "selected 3 applied 3");
  const char* ends = "select jsonb_agg(o order by event_id)::text from suivi.event_outcome o";
  auto first = at.db.value(ends);
  CHECK(counts(at.replayed(of("all"))) == "selected 3 unchanged 3");
  CHECK(at.db.value(ends) == first);
  at.db.execute("update orders set \"shippingStatus\" = null where id = 'o2'");
  CHECK(counts(at.replayed(of("all"))) == "selected 3 applied 1 unchanged 2");
  CHECK(at.status_of("o2") == "LIVRÉ");
}

// The door's transactions plan by keys alone; noted that way, each outcome was compared with each event.
TEST_CASE("outcomes are noted by a join that grows with their number") {
  test::database db;
  CHECK(db.value("select 'enable_hashjoin=on' = any(proconfig) and 'enable_nestloop=off' = any(proconfig) "
                 "from pg_proc where oid = 'suivi.close_events'::regproc") == "t");
}

TEST_CASE("a dry run says what would change and writes nothing at all") {
  replay_stage at;
  at.orders(1, 1);
  at.store({a_webhook(1, 31), a_webhook(2, 31), "noise"});
  at.park();
  auto state =
      "select (select jsonb_agg(p order by event_id) from suivi.pending p)::text || "
      "(select count(*) from suivi.event_outcome)::text || (select count(*) from suivi.parcel)::text || "
      "(select jsonb_agg(i.outcome order by id) from suivi.inbox i)::text";
  auto all = at.db.value(state);
  auto report = at.replayed({}, true);
  CHECK(counts(report) == "selected 3 applied 1 parked 1 quarantined 1");
  REQUIRE(report.changes.size() >= 2);
  bool reported = false;
  for (const auto& change : report.changes) {
    CHECK(change.reference == "R1");
    reported |=
        change.change.field == "shippingStatus" && !change.change.from && change.change.to == "EXPÉDIÉ";
  }
  CHECK(reported);
  CHECK(at.db.value(state) == all);
  CHECK(at.status_of("o1") == "NULL");
}

TEST_CASE("a quarantined event that this program understands is applied and listed with its fields") {
  replay_stage at;
  at.orders(1, 1);
  at.store({a_webhook(1, 31), "noise"});
  at.db.execute(R"(delete from suivi.pending;
                   update suivi.inbox set outcome = 'quarantined', error = 'an older program', uuid = null,
                     reference = null, status = null, name = null where convert_from(raw, 'UTF8') <> 'noise')");
  CHECK(counts(at.replayed({})) == "selected 2 applied 1 quarantined 1");
  CHECK(at.status_of("o1") == "EXPÉDIÉ");
  CHECK(at.db.value(
            "select concat(outcome, '|', error, '|', name, '|', reference, '|', status) from suivi.inbox "
            "where uuid is not null") == "||OrderStatusChanged|R1|31");
  CHECK(at.db.value(outcomes) == "applied");
  CHECK(counts(at.replayed({})) == "selected 1 quarantined 1");
}

TEST_CASE("a conflict that has become a parked event is shown as parked") {
  replay_stage at;
  at.store({a_webhook(1, 31)});
  at.db.execute("insert into suivi.event_outcome (event_id, stored_on, outcome) "
                "select event_id, stored_on, 'conflict' from suivi.pending; delete from suivi.pending");
  CHECK(counts(at.replayed(of("conflict"))) == "selected 1 parked 1");
  CHECK(at.db.value("select state from suivi.pending") == "parked");
  CHECK(at.db.number("select count(*) from suivi.event_outcome") == 0);
  CHECK(counts(at.replayed(of("conflict"))) == "");
}

TEST_CASE("an event in another process's hands is left to it and counted as it came out") {
  replay_stage at;
  at.orders(1, 2);
  at.store({a_webhook(1, 31), a_webhook(2, 31)});
  at.park();
  at.db.execute("update suivi.pending set owner = 'a receiver', due_at = now() + interval '500 milliseconds' "
                "where event_id = (select min(event_id) from suivi.pending)");
  // Its lease lapses while the replay waits for it.
  CHECK(counts(at.replayed({})) == "selected 2 applied 2");
  at.store({a_webhook(1, 32)});
  at.db.execute("update suivi.pending set state = 'confirming', owner = 'a receiver', due_at = now() + "
                "interval '1 hour'");
  CHECK(counts(at.replayed(of("confirming"))) == "selected 1 confirming 1");
  CHECK(at.db.value("select owner from suivi.pending") == "a receiver");
}

TEST_CASE("an order that the shop keeps locked is tried again and then left to a receiver") {
  replay_stage at;
  at.orders(1, 2);
  at.store({a_webhook(1, 31), a_webhook(2, 31)});
  at.park();
  test::run([&]() -> task<void> {
    auto shop = co_await test::connected(at.db.owner_options());
    auto locked = co_await shop.run_script(R"(set idle_in_transaction_session_timeout = 0; begin;
                                              update orders set "notes" = 'x' where "id" = 'o1')");
    REQUIRE(locked);
    CHECK(counts(at.replayed({})) == "selected 2 applied 1 failed 1");
    co_return;
  });
  CHECK(at.db.value("select concat(state, ' ', error, ' ', owner) from suivi.pending") ==
        "failed the order is locked ");
  CHECK(counts(at.replayed({})) == "selected 1 applied 1");
}

TEST_CASE("one event that the database refuses fails alone") {
  replay_stage at;
  at.orders(1, 20);
  std::vector<std::string> bodies;
  for (int n = 1; n <= 20; ++n) bodies.push_back(a_webhook(n, 31));
  at.store(bodies);
  at.park();
  at.db.execute(R"(
    create function refuse() returns trigger language plpgsql as $$
    begin raise 'poison' using errcode = '22003'; end $$;
    create trigger refuse before update on orders for each row when (new."id" = 'o7') execute function refuse())");
  CHECK(counts(at.replayed({})) == "selected 20 applied 19 failed 1");
  CHECK(at.db.value("select concat(state, ' ', error) from suivi.pending") == "failed sqlstate:22003");
  at.db.execute("drop trigger refuse on orders");
  CHECK(counts(at.replayed({})) == "selected 1 applied 1");
}

TEST_CASE("events are selected by time of receipt and by id and by account") {
  replay_stage at;
  at.orders(1, 5);
  for (int n = 1; n <= 3; ++n) {
    at.received = *parse_instant("2026-03-0" + std::to_string(n) + "T12:00:00Z");
    at.store({a_webhook(n, 31)});
  }
  at.park();
  auto ids = at.db.value("select string_agg(id::text, ' ' order by id) from suivi.inbox");
  replay_selection selection;
  selection.since = parse_instant("2026-03-02T12:00:00Z");
  selection.until = parse_instant("2026-03-03T12:00:00Z");
  CHECK(at.replayed(selection, true).counts.selected == 1);
  selection = {};
  selection.ids = {ids.substr(0, ids.find(' ')), "999999", "none"};
  CHECK(at.replayed(selection, true).counts.selected == 1);
  selection = {};
  selection.account = "acc-1"; // the only one, of which events without account are
  CHECK(at.replayed(selection, true).counts.selected == 3);
  selection.account = "acc-2";
  CHECK(at.replayed(selection, true).counts.selected == 0);
}

TEST_CASE("more events than a page are gone through") {
  replay_stage at;
  at.orders(1, 1200);
  std::vector<std::string> bodies;
  for (int n = 1; n <= 1200; ++n) bodies.push_back(a_webhook(n, 31));
  at.store(bodies);
  at.park();
  CHECK(counts(at.replayed({})) == "selected 1200 applied 1200");
  CHECK(at.db.number("select count(*) from suivi.waiting_event") == 0);
  CHECK(at.db.number(R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')") == 1200);
}

TEST_CASE("an event keeps the time of its receipt") {
  replay_stage at;
  at.orders(1, 1);
  at.store({a_webhook(1, 31)});
  at.park();
  at.replayed({});
  CHECK(at.db.value("select as_of_shape from suivi.parcel") == "1");
  CHECK(at.db.number("select count(*) from suivi.parcel p, suivi.inbox i where p.as_of_to = i.received_at") ==
        1);
}

TEST_CASE("two replays at once apply every event once") {
  replay_stage at;
  at.orders(1, 300);
  std::vector<std::string> bodies;
  for (int n = 1; n <= 300; ++n) bodies.push_back(a_webhook(n, 31));
  at.store(bodies);
  at.park();
  replay_report sum;
  auto both = [&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    config::settings settings;
    database_monitor watched(executor, at.db.options(), 4);
    http::client client(executor, {});
    account_registry accounts(watched, client, settings);
    co_await accounts.refresh();
    replay one(watched.connections(), accounts, options_of("one"));
    replay other(watched.connections(), accounts, options_of("other"));
    auto from = inbox_source({}, "acc-1");
    auto from_too = inbox_source({}, "acc-1");
    auto run = [](replay& job, replay_source& source) -> task<void> {
      auto ended = co_await job.run(source);
      CHECK(ended);
    };
    runtime::task_group group(executor);
    group.spawn("one", run(one, *from));
    group.spawn("other", run(other, *from_too));
    co_await group.join();
    watched.connections().close();
    client.close();
    CHECK(one.report().counts.failed + other.report().counts.failed == 0);
    CHECK(one.report().counts.settled() == one.report().counts.selected);
    CHECK(other.report().counts.settled() == other.report().counts.selected);
  };
  test::run(both);
  CHECK(at.db.number("select count(*) from suivi.waiting_event") == 0);
  CHECK(at.db.number("select count(*) from suivi.event_outcome where outcome = 'applied'") == 300);
  CHECK(at.db.number("select count(*) from suivi.change where field = 'shippingStatus'") == 300);
}
