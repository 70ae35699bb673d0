// Replays of what has no place in the inbox: a file's lines and the old system's rows.
#include "tests/postgres/receiver/replay_stage.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* legacy_order =
    R"({"event": "OrderStatusChanged", "payload": {"id": "uL", "status": 41, "external_order_id": "R1"}})";

// Two accounts: a row without account proves nothing by itself.
void add_second_account(const test::database& db) {
  db.execute(R"(insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
                select 'acc-2', 'Second', "id", '{"apiKey": "example-key-2"}', now() from shipping_companies
                where "slug" = 'maystro')");
}

void add_legacy_row(const test::database& db) {
  db.execute(std::string(R"(insert into webhook_events ("id", "source", "eventType", "payload", "createdAt")
                            values ('a', 'MAYSTRO', 'OrderStatusChanged', ')") +
             legacy_order + R"(', '2026-02-01 08:00:00'))");
}

} // namespace

TEST_CASE("lines of a file are applied as of their own time and without one fill blanks only") {
  replay_stage at;
  at.orders(1, 3);
  at.db.execute(R"(update orders set "shippingStatus" = 'EN COURS' where "id" = 'o1')");
  auto printed = R"({"id":"9","payload":)" + a_webhook(3, 41) +
                 R"(,"processed":false,"outcome":"parked","createdAt":"2026-02-01T08:00:00Z"})";
  auto text =
      a_webhook(1, 31) + "\n\n" + a_webhook(2, 31) + "\r\n" + printed + "\nnoise\n" + a_webhook(8, 31);
  CHECK(counts(at.replayed({}, false, lines(text))) == "selected 5 applied 3 parked 1 quarantined 1");
  CHECK(at.status_of("o1") == "EN COURS");
  CHECK(at.db.value(R"(select "maystroOrderId" from orders where "id" = 'o1')") == "u1");
  CHECK(at.status_of("o2") == "EXPÉDIÉ");
  CHECK(at.status_of("o3") == "LIVRÉ");
  CHECK(at.db.number("select count(*) from suivi.inbox") == 0);
  CHECK(counts(at.replayed({}, false, lines(text))) == "selected 5 unchanged 3 parked 1 quarantined 1");
}

TEST_CASE("rows that the old system never processed are applied as of their making") {
  replay_stage at;
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

TEST_CASE("rows of the old system that a policy may hide are not said to be none") {
  replay_stage at;
  add_legacy_row(at.db);
  auto page = [&]() -> task<result<std::vector<replay_event>>> {
    pg::connect_options options = at.db.options();
    auto connection = co_await test::connected(options);
    auto rows = legacy_source({});
    auto read = co_await rows->next(connection, 10);
    co_return read;
  };
  at.db.execute("alter table webhook_events enable row level security");
  auto hidden = test::run(page);
  REQUIRE(hidden.has_error());
  CHECK(hidden.error().code == "shop:rights");
  at.db.execute("create policy all_rows on webhook_events using (true)");
  CHECK(test::run(page).value().size() == 1);
}

TEST_CASE("a row whose account must be proved is asked for at the courier at once") {
  replay_stage at;
  at.orders(1, 1);
  add_second_account(at.db);
  add_legacy_row(at.db);
  at.courier = [](const http::request&) {
    http::response r;
    r.body = R"({"instance_uuid":"uL","display_id":"D1","external_order_id":"R1","status":50,
                 "created_at":"2026-01-01T00:00:00Z"})";
    return r;
  };
  CHECK(counts(at.replayed({}, true, nullptr, true)) == "selected 1 confirming 1");
  CHECK(at.requests.empty());
  CHECK(counts(at.replayed({}, false, nullptr, true)) == "selected 1 stale 1");
  CHECK(at.requests == std::vector<std::string>{"/api/stores/orders/uL/"});
  CHECK(at.db.value(R"(select concat("trackingNumber", ' ', "maystroOrderId") from orders)") == "D1 uL");
}

TEST_CASE("what the courier does not know is a conflict and what it cannot say is confirming") {
  replay_stage at;
  at.orders(1, 1);
  add_second_account(at.db);
  add_legacy_row(at.db);
  unsigned status = 404;
  at.courier = [&](const http::request&) {
    http::response r;
    r.status = status;
    r.body = "{}";
    return r;
  };
  CHECK(counts(at.replayed({}, false, nullptr, true)) == "selected 1 conflict 1");
  status = 503;
  CHECK(counts(at.replayed({}, false, nullptr, true)) == "selected 1 confirming 1");
  CHECK(at.status_of("o1") == "NULL");
}

TEST_CASE("the account that is named is what every line is of") {
  replay_stage at;
  at.orders(1, 1);
  add_second_account(at.db);
  replay_selection selection;
  selection.account = "acc-1";
  CHECK(counts(at.replayed(selection, false, lines(a_webhook(1, 31)))) == "selected 1 applied 1");
  selection.account = "acc-2";
  CHECK(counts(at.replayed(selection, false, lines(a_webhook(1, 31)))) == "selected 1 conflict 1");
  selection.account = "acc-9";
  CHECK(counts(at.replayed(selection, false, lines(a_webhook(1, 31)))) == "selected 1 conflict 1");
}

TEST_CASE("of a file those lines are selected that have what is asked for") {
  replay_stage at;
  auto printed = [](const char* id, const char* outcome, const char* day) {
    return std::string(R"({"id":")") + id + R"(","payload":)" + a_webhook(3, 41) +
           R"(,"processed":false,"outcome":")" + outcome + R"(","createdAt":"2026-02-)" + day +
           "T08:00:00Z\"}\n";
  };
  auto text = printed("1", "parked", "01") + printed("2", "applied", "02") + printed("3", "failed", "03") +
              a_webhook(4, 31) + "\n" + std::string(5'000'000, 'x') + "\n";
  auto selected = [&](replay_selection selection) {
    return at.replayed(selection, true, lines(text)).counts.selected;
  };
  CHECK(selected({}) == 5);
  CHECK(selected(of("all")) == 5);
  CHECK(selected(of("applied")) == 3); // and what has no outcome
  replay_selection selection;
  selection.ids = {"2", "3"};
  CHECK(selected(selection) == 2);
  selection = {};
  selection.since = parse_instant("2026-02-02");
  selection.until = parse_instant("2026-02-03");
  CHECK(selected(selection) == 1);
}
