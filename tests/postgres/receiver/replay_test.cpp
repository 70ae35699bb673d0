// Replays against a real shop: what they select, what they write, and what they leave to others.
#include "common/http/client.hpp"
#include "receiver/replay.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

constexpr const char* legacy_order =
    R"({"event": "OrderStatusChanged", "payload": {"id": "uL", "status": 41, "external_order_id": "R1"}})";

std::string body(int n, int status) {
  auto text = std::to_string(n);
  return R"({"event":"x","payload":{"id":"u)" + text + R"(","status":)" + std::to_string(status) +
         R"(,"external_order_id":"R)" + text + "\"}}";
}

struct shop_with_inbox {
  test::database db;
  instant received = suivi::now() - 1h;

  shop_with_inbox() {
    db.execute(R"(
      insert into customers ("id", "name", "phone", "updatedAt") values ('c', 'Client', '0550000001', now());
      insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
      select 'acc-1', 'Main', "id", '{"apiKey": "example-key-1"}', now() from shipping_companies where "slug" = 'maystro')");
  }
  void orders(int from, int to) {
    db.execute(
        R"(insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "updatedAt")
                  select 'o' || n, 'R' || n, 'c', 1, 'acc-1', now() from generate_series()" +
        std::to_string(from) + "," + std::to_string(to) + ") n");
  }
  // Kept as the receiver keeps them; nobody's, and due.
  void store(std::vector<std::string> bodies) {
    std::vector<arrival> rows;
    for (auto& raw : bodies) {
      arrival a;
      a.received_at = received;
      a.what = maystro::decode(raw);
      a.key = choose_key(raw, a.what);
      a.raw = std::move(raw);
      rows.push_back(std::move(a));
    }
    test::run([&]() -> task<void> {
      auto open = co_await test::connected(db.options());
      std::span<const arrival> all(rows);
      auto kept = co_await ingest(open, all, "");
      REQUIRE(kept);
    });
  }
  // As if a receiver had found no order for what is pending.
  void park() { db.execute("update suivi.pending set state = 'parked', due_at = now() + interval '1 hour'"); }

  replay_report replayed(replay_selection what, bool dry_run = false, std::FILE* file = nullptr,
                         bool legacy = false) {
    replay_report report;
    test::run([&]() -> task<void> {
      auto executor = co_await asio::this_coro::executor;
      config::settings settings;
      database watched(executor, db.options(), 2);
      http::client client(executor, {});
      account_book accounts(watched, client, settings);
      co_await accounts.refresh();
      REQUIRE(accounts.loaded());
      replay_options how;
      how.door.dry_run = dry_run;
      how.owner = "the replay";
      how.patience = 1500ms;
      replay again(watched.connections(), accounts, how);
      auto only = accounts.resolve(std::nullopt).value_or("");
      auto from = file ? file_source(what, file) : legacy ? legacy_source(what) : inbox_source(what, only);
      auto ended = co_await again.run(*from);
      CHECK(ended);
      report = again.report();
      watched.connections().close();
      client.close();
    });
    return report;
  }

  std::string status_of(const std::string& order) {
    return db.value(R"(select "shippingStatus" from orders where "id" = ')" + order + "'");
  }
};

std::string counts(const replay_report& r) {
  std::string text;
  for (const auto& one : to_json(r))
    if (one.value().is_uint64() && one.value().get_uint64() > 0) {
      if (!text.empty()) text += ' ';
      text += std::string(one.key()) + ' ' + std::to_string(one.value().get_uint64());
    }
  return text;
}

replay_selection of(const char* outcome) {
  replay_selection what;
  REQUIRE(take_outcome(outcome, what));
  return what;
}

std::FILE* lines(const std::string& text) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fwrite(text.data(), 1, text.size(), file);
  std::rewind(file);
  return file;
}

constexpr const char* outcomes = "select string_agg(outcome, ' ' order by event_id) from suivi.event_outcome";

} // namespace

TEST_CASE("parked events are applied once their orders are there and a second time changes nothing") {
  shop_with_inbox at;
  at.store({body(1, 31), body(2, 41), body(3, 31)});
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

TEST_CASE("a dry run says what would change and writes nothing at all") {
  shop_with_inbox at;
  at.orders(1, 1);
  at.store({body(1, 31), body(2, 31), "noise"});
  at.park();
  auto state =
      "select (select jsonb_agg(p order by event_id) from suivi.pending p)::text || "
      "(select count(*) from suivi.event_outcome)::text || (select count(*) from suivi.parcel)::text || "
      "(select jsonb_agg(i.outcome order by id) from suivi.inbox i)::text";
  auto all = at.db.value(state);
  auto report = at.replayed({}, true);
  CHECK(counts(report) == "selected 3 applied 1 parked 1 quarantined 1");
  REQUIRE(report.changes.size() >= 2);
  bool told = false;
  for (const auto& change : report.changes) {
    CHECK(change.reference == "R1");
    told |= change.what.field == "shippingStatus" && !change.what.from && change.what.to == "EXPÉDIÉ";
  }
  CHECK(told);
  CHECK(at.db.value(state) == all);
  CHECK(at.status_of("o1") == "NULL");
}

TEST_CASE("a quarantined event that this program understands is applied and listed with its fields") {
  shop_with_inbox at;
  at.orders(1, 1);
  at.store({body(1, 31), "noise"});
  at.db.execute(R"(delete from suivi.pending;
                   update suivi.inbox set outcome = 'quarantined', error = 'an older program', uuid = null,
                     reference = null, status = null, name = null where convert_from(raw, 'UTF8') <> 'noise')");
  CHECK(counts(at.replayed({})) == "selected 2 applied 1 quarantined 1");
  CHECK(at.status_of("o1") == "EXPÉDIÉ");
  CHECK(at.db.value(
            "select concat(outcome, '|', error, '|', name, '|', reference, '|', status) from suivi.inbox "
            "where uuid is not null") == "||x|R1|31");
  CHECK(at.db.value(outcomes) == "applied");
  CHECK(counts(at.replayed({})) == "selected 1 quarantined 1");
}

TEST_CASE("a conflict that has become a parked event is shown as parked") {
  shop_with_inbox at;
  at.store({body(1, 31)});
  at.db.execute("insert into suivi.event_outcome (event_id, stored_on, outcome) "
                "select event_id, stored_on, 'conflict' from suivi.pending; delete from suivi.pending");
  CHECK(counts(at.replayed(of("conflict"))) == "selected 1 parked 1");
  CHECK(at.db.value("select state from suivi.pending") == "parked");
  CHECK(at.db.number("select count(*) from suivi.event_outcome") == 0);
  CHECK(counts(at.replayed(of("conflict"))) == "");
}

TEST_CASE("an event in another process's hands is left to it and counted as it came out") {
  shop_with_inbox at;
  at.orders(1, 2);
  at.store({body(1, 31), body(2, 31)});
  at.park();
  at.db.execute("update suivi.pending set owner = 'a receiver', due_at = now() + interval '500 milliseconds' "
                "where event_id = (select min(event_id) from suivi.pending)");
  // Its lease lapses while the replay waits for it.
  CHECK(counts(at.replayed({})) == "selected 2 applied 2");
  at.store({body(1, 32)});
  at.db.execute("update suivi.pending set state = 'confirming', owner = 'a receiver', due_at = now() + "
                "interval '1 hour'");
  CHECK(counts(at.replayed(of("confirming"))) == "selected 1 confirming 1");
  CHECK(at.db.value("select owner from suivi.pending") == "a receiver");
}

TEST_CASE("an order that the shop keeps locked is tried again and then left to a receiver") {
  shop_with_inbox at;
  at.orders(1, 2);
  at.store({body(1, 31), body(2, 31)});
  at.park();
  test::run([&]() -> task<void> {
    auto shop = co_await test::connected(at.db.options());
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
  shop_with_inbox at;
  at.orders(1, 20);
  std::vector<std::string> bodies;
  for (int n = 1; n <= 20; ++n) bodies.push_back(body(n, 31));
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
  shop_with_inbox at;
  at.orders(1, 5);
  for (int n = 1; n <= 3; ++n) {
    at.received = *parse_instant("2026-03-0" + std::to_string(n) + "T12:00:00Z");
    at.store({body(n, 31)});
  }
  at.park();
  auto ids = at.db.value("select string_agg(id::text, ' ' order by id) from suivi.inbox");
  replay_selection what;
  what.since = parse_instant("2026-03-02T12:00:00Z");
  what.until = parse_instant("2026-03-03T12:00:00Z");
  CHECK(at.replayed(what, true).counts.selected == 1);
  what = {};
  what.ids = {ids.substr(0, ids.find(' ')), "999999", "none"};
  CHECK(at.replayed(what, true).counts.selected == 1);
  what = {};
  what.account = "acc-1"; // the only one, of which events without account are
  CHECK(at.replayed(what, true).counts.selected == 3);
  what.account = "acc-2";
  CHECK(at.replayed(what, true).counts.selected == 0);
}

TEST_CASE("more events than a page are gone through") {
  shop_with_inbox at;
  at.orders(1, 1200);
  std::vector<std::string> bodies;
  for (int n = 1; n <= 1200; ++n) bodies.push_back(body(n, 31));
  at.store(bodies);
  at.park();
  CHECK(counts(at.replayed({})) == "selected 1200 applied 1200");
  CHECK(at.db.number("select count(*) from suivi.pending") == 0);
  CHECK(at.db.number(R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')") == 1200);
}

TEST_CASE("an event keeps the time of its receipt") {
  shop_with_inbox at;
  at.orders(1, 1);
  at.store({body(1, 31)});
  at.park();
  at.replayed({});
  CHECK(at.db.value("select as_of_shape from suivi.parcel") == "1");
  CHECK(at.db.number("select count(*) from suivi.parcel p, suivi.inbox i where p.as_of_to = i.received_at") ==
        1);
}

TEST_CASE("lines of a file are applied as of their own time and without one fill blanks only") {
  shop_with_inbox at;
  at.orders(1, 3);
  at.db.execute(R"(update orders set "shippingStatus" = 'EN COURS' where "id" = 'o1')");
  auto printed = R"({"id":"9","payload":)" + body(3, 41) +
                 R"(,"processed":false,"outcome":"parked","createdAt":"2026-02-01T08:00:00Z"})";
  auto text = body(1, 31) + "\n\n" + body(2, 31) + "\r\n" + printed + "\nnoise\n" + body(8, 31);
  CHECK(counts(at.replayed({}, false, lines(text))) == "selected 5 applied 3 parked 1 quarantined 1");
  CHECK(at.status_of("o1") == "EN COURS");
  CHECK(at.db.value(R"(select "maystroOrderId" from orders where "id" = 'o1')") == "u1");
  CHECK(at.status_of("o2") == "EXPÉDIÉ");
  CHECK(at.status_of("o3") == "LIVRÉ");
  CHECK(at.db.number("select count(*) from suivi.inbox") == 0);
  CHECK(counts(at.replayed({}, false, lines(text))) == "selected 5 unchanged 3 parked 1 quarantined 1");
}

TEST_CASE("rows that the old system never processed are applied as of their making") {
  shop_with_inbox at;
  at.orders(1, 2);
  at.db.execute(std::string(R"(
    insert into webhook_events ("id", "source", "eventType", "payload", "processed", "createdAt") values
      ('a', 'MAYSTRO', 'OrderStatusChanged', ')") +
                legacy_order + R"(', false, '2026-02-01 08:00:00'),
      ('b', 'MAYSTRO', 'error', '{"error": "x", "headers": {}, "body": {"payload": {"id": "uM", "status": 31,
         "external_order_id": "R2"}}}', false, '2026-02-01 09:00:00'),
      ('c', 'MAYSTRO', 'OrderStatusChanged', '{"payload": {"id": "uM", "status": 41, "external_order_id": "R2"}}', true, now()),
      ('d', 'ECOMANAGER', 'x', '{"payload": {"id": "uM", "status": 41, "external_order_id": "R2"}}', false, now()),
      ('e', 'MAYSTRO', 'x', '{"payload": {"id": "uN", "status": 41, "external_order_id": "R77"}}', false, now()))");
  CHECK(counts(at.replayed({}, true, nullptr, true)) == "selected 3 applied 2 parked 1");
  CHECK(counts(at.replayed({}, false, nullptr, true)) == "selected 3 applied 2 parked 1");
  CHECK(at.status_of("o1") == "LIVRÉ");
  CHECK(at.status_of("o2") == "EXPÉDIÉ");
  CHECK(at.db.value("select max(as_of_to at time zone 'UTC')::text from suivi.parcel") ==
        "2026-02-01 09:00:00");
  CHECK(counts(at.replayed({}, false, nullptr, true)) == "selected 3 unchanged 2 parked 1");
  CHECK(at.db.number("select count(*) from webhook_events where \"processed\"") == 1);
  replay_selection late;
  late.since = parse_instant("2026-02-01T09:00:00Z");
  late.until = parse_instant("2026-02-01T09:00:01Z");
  CHECK(counts(at.replayed(late, false, nullptr, true)) == "selected 1 unchanged 1");
}
