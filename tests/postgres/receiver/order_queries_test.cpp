// Orders with their timeline, sweeps, accounts, the scheduler, the stream; and a database that goes away.
#include "tests/postgres/receiver/operations_stage.hpp"
#include "tests/support/builders.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* closed = "select count(*) from suivi.event_outcome";

// Collects what a stream sends; stops when told to.
struct listener final : http::body_sink {
  std::string heard;
  bool listening = true;
  bool reading = true; // false: takes nothing more until it is true again

  task<bool> send(std::string_view piece) override {
    while (!reading) co_await runtime::sleep_for(5ms);
    heard += piece;
    co_return listening;
  }
  bool open() override { return listening; }
};

task<void> hear(http::response& from, listener& to, bool& ended) {
  co_await from.stream->make(to);
  ended = true;
}

task<bool> heard(const listener& by, std::string wanted) {
  auto give_up = std::chrono::steady_clock::now() + 30s * test::slowness;
  while (by.heard.find(wanted) == std::string::npos && std::chrono::steady_clock::now() < give_up)
    co_await runtime::sleep_for(10ms);
  co_return by.heard.find(wanted) != std::string::npos;
}

// One that has begun is told instead of being asked for again.
task<void> check_running_sweep(operations_stage& here, const test::database& db) {
  db.execute("delete from suivi.sweep_request");
  db.execute("insert into suivi.account (id, name, term, lease_until) values ('acc-1', 'Main', 7, now() + "
             "interval '1 hour')");
  db.execute("insert into suivi.sweep (account, account_name, kind, term, owner, pages) values ('acc-1', "
             "'Main', 'full', 7, 'new', 3)");
  auto running = co_await here.request_json(409, "POST", "/api/v1/sweeps");
  auto number = db.value("select max(id) from suivi.sweep");
  CHECK(text(running.at("data").at("id")) == "\"" + number + "\"");
  auto report = co_await here.request_json(200, "GET", "/api/v1/sweeps/" + number);
  CHECK(report.at("data").at("running") == true);
  CHECK(report.at("data").at("pages") == 3);
  auto status = co_await here.request_json(200, "GET", "/api/v1/scheduler/status");
  CHECK(status.at("isRunning") == true);
  CHECK(status.at("data").at("activeJobs") == 1);
}

} // namespace

TEST_CASE("an order shows its columns, its parcels and its timeline from the oldest change on") {
  test::database db;
  operations_stage here(db);
  db.execute(
      R"(update orders set "reference" = 'A/1 b', "additionalMetaData" = '{"note": "0550000000"}' where "id" = 'o1')");
  auto steps = [&]() -> task<void> {
    for (int status : {31, 41}) {
      auto row = nonsense(R"({"event":"x","messageId":"m)" + std::to_string(status) +
                          R"(","payload":{"id":"u1","status":)" + std::to_string(status) +
                          R"(,"external_order_id":"A/1 b"}})");
      std::vector<webhook> rows{row};
      co_await here.store(rows);
      std::string stored = status == 31 ? "1" : "2";
      co_await here.until(closed, stored);
    }
    auto answer = co_await here.request_json(200, "GET", "/api/v1/orders/A%2F1%20b");
    const auto& data = answer.at("data");
    CHECK(data.at("order").at("reference") == "A/1 b");
    CHECK(data.at("order").at("shippingStatus") == "LIVRÉ");
    CHECK(text(data.at("order")).find("0550000000") == std::string::npos);
    CHECK(data.at("parcels").at(0).at("uuid") == "u1");
    CHECK(data.at("parcels").at(0).at("shown") == true);
    std::string statuses;
    for (const auto& change : data.at("changes").as_array())
      if (change.at("field") == "shippingStatus")
        statuses += text(change.at("from")) + text(change.at("to")) + text(change.at("source")) +
                    (change.as_object().contains("eventId") ? " " : " without event ");
    CHECK(statuses == R"(null"EXPÉDIÉ""webhook" "EXPÉDIÉ""LIVRÉ""webhook" )");
    co_await here.request_json(404, "GET", "/api/v1/orders/none");
    co_await here.request_json(404, "GET", "/api/v1/orders/%00");
    co_await here.request_json(404, "GET", "/api/v1/orders/%ff");
  };
  here.run(steps());
}

TEST_CASE("phone numbers that a courier writes into its reasons are shown nowhere") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{nonsense(
        R"({"event":"x","payload":{"id":"u1","status":32,"external_order_id":"R1",)"
        R"("alert_reason":"appeler 0550 000 000","abort_reason":"a.b@example.org, +213550000000"}})")};
    co_await here.store(rows);
    co_await here.until(closed, "1");
    CHECK(db.value(R"(select "alertReason" from orders where "id" = 'o1')") == "appeler 0550 000 000");
    for (const char* target : {"orders/R1", "orders?query=R1", "changes",
                               "changes?before=9223372036854775807", "webhooks/events"}) {
      CAPTURE(target);
      auto answer = co_await here.request_json(200, "GET", std::string("/api/v1/") + target);
      auto listed = text(answer);
      CHECK(listed.find("appeler ***") != std::string::npos);
      for (const char* personal : {"0550", "213550", "example.org"})
        CHECK(listed.find(personal) == std::string::npos);
    }
    db.execute(
        R"(update orders set "shippingStatus" = null, "alertReason" = 'x 0550000000'; delete from suivi.parcel)");
    auto replay = co_await here.request_json(200, "POST", "/api/v1/webhooks/replay",
                                             R"({"outcome":"all","dryRun":true})");
    CHECK(text(replay).find("alertReason") != std::string::npos);
    CHECK(text(replay).find("0550") == std::string::npos);
  };
  here.run(steps());
}

TEST_CASE("a sweep is asked for where a reconciler is there and once for each account") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    co_await here.begin_with_stream();
    auto nobody = co_await here.ask("POST", "/api/v1/sweeps");
    CHECK(nobody.status == 503);
    CHECK(http::find_header(nobody.headers, "Retry-After"));
    db.execute("insert into suivi.reconciler (owner, seen_at) values ('old', now() - interval '31 seconds'), "
               "('new', now())");
    co_await here.request_json(404, "POST", "/api/v1/sweeps", R"({"account":"none"})");
    co_await here.request_json(400, "POST", "/api/v1/sweeps", R"({"kind":"quick"})");
    auto reply = co_await here.request_json(202, "POST", "/api/v1/sweeps",
                                            R"({"account":"acc-1","kind":"incremental"})");
    auto id = std::string(reply.at("data").at("id").as_string());
    CHECK(db.value("select account || ' ' || kind from suivi.sweep_request where sweep_id = " + id) ==
          "acc-1 incremental");
    auto waiting = co_await here.request_json(200, "GET", "/api/v1/sweeps/" + id);
    CHECK(waiting.at("data").at("reason") == "it has not begun");
    auto twice = co_await here.request_json(409, "POST", "/api/v1/scheduler/trigger/shipping");
    CHECK(text(twice.at("data").at("id")) == "\"" + id + "\"");

    co_await check_running_sweep(here, db);
    db.execute("update suivi.account set lease_until = null");
    db.execute("update suivi.sweep set finished_at = now(), verdict = 'complete', reason = null, "
               "missed_by_webhook = 4");
    auto list = co_await here.request_json(200, "GET", "/api/v1/sweeps?limit=1");
    CHECK(list.at("data").at("sweeps").at(0).at("missedByWebhook") == 4);
    CHECK(list.at("data").at("sweeps").at(0).at("reason").is_null());
    auto triggered = co_await here.request_json(202, "POST", "/api/v1/scheduler/trigger/shipping");
    CHECK(triggered.at("message") == "Shipping Status sync triggered successfully");
    for (const char* none : {"/api/v1/sweeps/999", "/api/v1/sweeps/x"}) {
      co_await here.request_json(404, "GET", none);
    }
    co_await here.request_json(400, "GET", "/api/v1/sweeps?limit=0");
  };
  here.run(steps());
}

TEST_CASE("an account's test says whether it really connected and writes that down") {
  test::database db;
  operations_stage here(db);
  db.execute(R"(update shipping_accounts set "baseUrl" = 'http://127.0.0.1:1')");
  auto steps = [&]() -> task<void> {
    co_await here.begin_with_stream();
    auto tested = co_await here.request_json(200, "POST", "/api/v1/accounts/acc-1/test");
    CHECK(tested.at("success") == false);
    CHECK(tested.at("data").at("isConnected") == false);
    CHECK(tested.at("data").at("accountName") == "Main");
    CHECK(db.value(R"(select "lastTestStatus" from shipping_accounts)") == "error");
    CHECK(
        db.number(
            R"(select count(*) from shipping_accounts where "lastTestAt" is not null and "lastTestError" <> '')") ==
        1);
    co_await here.request_json(404, "POST", "/api/v1/accounts/none/test");
    db.execute("insert into suivi.account (id, name, problem) values ('acc-1', 'Main', 'the courier refuses "
               "its key')");
    auto list = co_await here.request_json(200, "GET", "/api/v1/accounts");
    const auto& one = list.at("data").at("accounts").at(0);
    CHECK(one.at("id") == "acc-1");
    CHECK(one.at("health") == "failing");
    CHECK(one.at("breaker") == "open");
    CHECK(one.at("lastTestStatus") == "error");
    CHECK(text(list).find("example-key") == std::string::npos);
  };
  here.run(steps());
}

TEST_CASE("the stream tells changes, events and sweeps as they happen and nothing from before") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    co_await here.begin_with_stream();
    std::vector<webhook> before{order(1)};
    co_await here.store(before);
    co_await here.until(closed, "1");
    auto answer = co_await here.ask("GET", "/api/v1/stream");
    CHECK(answer.status == 200);
    CHECK(answer.content_type == "text/event-stream");
    listener by;
    bool ended = false;
    here.lanes.spawn("hear", hear(answer, by, ended));
    std::vector<webhook> after{order(2), stranger(1)};
    std::vector<result<receipt>> kept(after.size(), transient("test:none", ""));
    for (std::size_t i = 0; i < after.size(); ++i) {
      co_await here.store_one(after[i], kept[i]);
    }
    db.execute("insert into suivi.sweep (account, account_name, kind, term, owner) values ('acc-1', 'Main', "
               "'full', 1, 'x')");
    for (const char* wanted : {R"("reference":"R2","orderId":"o2")", R"("outcome":"applied")",
                               R"("outcome":"parked")", "event: sweep\ndata: {\"id\":\"1\""}) {
      auto came = co_await heard(by, wanted);
      CHECK_MESSAGE(came, wanted);
    }
    CHECK(by.heard.find("\"R1\"") == std::string::npos);
    CHECK(by.heard.find("0550000000") == std::string::npos);
    test::add_order(db, "late", "S/1");
    db.execute("update suivi.pending set due_at = now()");
    auto settled = co_await heard(by, R"("order":{"id":"late")");
    CHECK(settled);
    by.listening = false;
    co_await here.lanes.join();
    CHECK(ended);
  };
  here.run(steps());
}

TEST_CASE("who reads too slowly is told so and cut off while others go on") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    co_await here.begin_with_stream();
    auto slow_answer = co_await here.ask("GET", "/api/v1/stream");
    auto quick_answer = co_await here.ask("GET", "/api/v1/stream");
    listener slow;
    listener quick;
    bool slow_ended = false;
    bool quick_ended = false;
    slow.reading = false;
    here.lanes.spawn("slow", hear(slow_answer, slow, slow_ended));
    here.lanes.spawn("quick", hear(quick_answer, quick, quick_ended));
    db.execute("insert into suivi.change (order_id, account, source, field, to_value)"
               " select 'o1', 'acc-1', 1, 'shippingStatus', 'number ' || n from generate_series(1, 12000) n");
    auto all = co_await heard(quick, "number 12000\"");
    CHECK(all);
    slow.reading = true;
    auto dropped = co_await heard(slow, "event: dropped\n");
    CHECK(dropped);
    CHECK(slow.heard.find("number 12000\"") == std::string::npos);
    quick.listening = false;
    co_await here.lanes.join();
    CHECK(slow_ended);
    CHECK(quick_ended);
  };
  here.run(steps());
}

TEST_CASE("while the database is away every answer is 503 and afterwards it is answered again") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    co_await here.begin_with_stream();
    co_await here.request_json(200, "GET", "/api/v1/webhooks/events");
    auto ruined = db.name();
    test::database other(test::holding::nothing); // renames from outside
    other.execute("alter database \"" + ruined + "\" with allow_connections false");
    other.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + ruined + "'");
    for (const char* path :
         {"/api/v1/webhooks/events", "/api/v1/coverage", "/api/v1/sweeps", "/api/v1/stream"}) {
      auto answer = co_await here.ask("GET", path);
      CHECK(answer.status == 503);
      CHECK(http::find_header(answer.headers, "Retry-After"));
      CHECK(json::parse(answer.body).at("error").at("code") == "UNAVAILABLE");
    }
    other.execute("alter database \"" + ruined + "\" with allow_connections true");
    auto give_up = std::chrono::steady_clock::now() + 30s * test::slowness;
    unsigned status = 503;
    while (status == 503 && std::chrono::steady_clock::now() < give_up) {
      co_await runtime::sleep_for(20ms);
      auto answer = co_await here.ask("GET", "/api/v1/webhooks/events");
      status = answer.status;
    }
    CHECK(status == 200);
  };
  here.run(steps());
}

TEST_CASE("a lock on the shop's tables holds up neither the overview nor the problems") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    while (!here.accounts.loaded()) co_await runtime::sleep_for(10ms);
    auto owner = db.owner_options();
    auto opened = co_await pg::connection::connect(owner);
    REQUIRE(opened);
    pg::connection& shop = *opened;
    auto locked = co_await shop.run_script("begin; lock table orders in access exclusive mode");
    REQUIRE(locked);
    auto overview = co_await here.request_json(200, "GET", "/api/v1/overview");
    CHECK(overview.at("success") == true);
    // Who asked has gone on, though the server would wait further.
    CHECK(db.value("select count(*) > 0 from pg_stat_activity where datname = current_database() and "
                   "application_name like '%operations' and wait_event_type = 'Lock'") == "t");
  };
  here.run(steps());
}
