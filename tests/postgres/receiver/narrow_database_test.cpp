// A shop's database whose encoding has fewer characters than webhooks and operators may send.
#include "tests/postgres/receiver/operations_stage.hpp"
#include "tests/support/narrow_database.hpp"

using namespace suivi;
using namespace suivi::receiver;

TEST_CASE("a webhook whose address names an account that the database cannot hold is kept as bytes") {
  test::database db;
  test::make_narrow(db);
  receiver_inside here(db);
  auto steps = [&]() -> task<void> {
    webhook foreign = order(1);
    foreign.account = "حساب-1";
    std::vector<webhook> rows{foreign, order(2)};
    auto answers = co_await here.store(rows);
    for (const auto& answer : answers) CHECK(answer);
    co_await here.until("select string_agg(outcome, ' ') from suivi.event_outcome", "applied");
  };
  here.run(steps());
  CHECK(db.value("select outcome || ' ' || account from suivi.inbox where outcome is not null") ==
        "quarantined %D8%AD%D8%B3%D8%A7%D8%A8-1");
}

TEST_CASE("what an operator asks in characters that the database does not have is not there, and no fault") {
  test::database db;
  test::make_narrow(db);
  operations_stage on(db);
  auto steps = [&]() -> task<void> {
    co_await on.begin_with_stream();
    for (std::string path : {"orders/%D8%B9", "webhooks/events/%D8%B9"}) {
      auto answer = co_await on.ask("GET", "/api/v1/" + path);
      CHECK(answer.status == 404);
    }
    auto ask = co_await on.ask("POST", "/api/v1/orders/%D8%B9/ask");
    CHECK(ask.status == 404);
    for (std::string query : {"orders?query=%D8%B9", "orders?status=%D8%B9",
                              "webhooks/events?reference=%D8%B9", "webhooks/events?eventType=%D8%B9"}) {
      auto answer = co_await on.ask("GET", "/api/v1/" + query);
      CHECK(answer.status == 400);
      std::string named = query.substr(query.find('?') + 1);
      CHECK(answer.body.find("\"" + named.substr(0, named.find('=')) + " has") != std::string::npos);
    }
    for (std::string body : {R"({"reference":"ع"})", R"({"reference":"\u0639"})"}) {
      auto replay = co_await on.ask("POST", "/api/v1/webhooks/replay", body);
      CHECK(replay.status == 400);
    }
    auto accented = co_await on.ask("GET", "/api/v1/orders?status=LIVR%C3%89");
    CHECK(accented.status == 200);
  };
  on.run(steps());
}

TEST_CASE("a shop's database of a cluster that was made without a locale is served like any other") {
  test::database db;
  test::make_narrow(db, "SQL_ASCII");
  operations_stage on(db);
  auto steps = [&]() -> task<void> {
    co_await on.begin_with_stream();
    webhook alert = order(1);
    alert.raw = R"({"event":"x","payload":{"id":"u1","status":32,"external_order_id":"R1",)"
                R"("alert_reason":"العميل غائب"}})";
    alert.event = maystro::decode(alert.raw);
    alert.key = choose_key(alert.raw, alert.event);
    std::vector<webhook> rows{alert};
    auto answers = co_await on.store(rows);
    CHECK(answers[0]);
    co_await on.until("select string_agg(outcome, ' ') from suivi.event_outcome", "applied");
    for (std::string path : {"orders/R1", "orders?status=ALERT%C3%89", "orders?view=alerted", "overview",
                             "webhooks/events?reference=%D8%B9", "coverage"}) {
      auto answer = co_await on.ask("GET", "/api/v1/" + path);
      CHECK(answer.status == 200);
    }
  };
  on.run(steps());
  CHECK(db.value(R"(select "shippingStatus" || ' ' || "alertReason" from orders where "id" = 'o1')") ==
        "ALERTÉ العميل غائب");
}
