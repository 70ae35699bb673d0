// Sweeps that operators ask for, begun beside the schedule by a worker that shows it is alive.
#include "common/runtime/task_group.hpp"
#include "reconciler/worker/sweep_requests.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;

namespace {

task<void> until(const test::database& db, std::string question, std::string wanted) {
  auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30 * test::slowness);
  while (db.value(question) != wanted && std::chrono::steady_clock::now() < give_up)
    co_await runtime::sleep_for(milliseconds(20));
  CHECK(db.value(question) == wanted);
}

// Runs a poller over the stage's shop and courier while `body` asks.
void beside_a_desk(stage& s, std::function<task<void>(std::vector<shop::sweep_report>&)> body) {
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    http::handler answer = [&s](http::request request) -> task<http::response> {
      http::response r = s.courier.answer(request);
      co_return r;
    };
    http::server server(executor, http::server_limits{}, answer);
    REQUIRE(server.listen("127.0.0.1:0").has_value());
    s.db.execute(
        fmt::format(R"(update shipping_accounts set "baseUrl" = 'http://127.0.0.1:{}')", server.port()));
    config::settings settings;
    settings.database.url = secret(s.db.url());
    settings.maystro.read_lag = milliseconds(0);
    reconciler::services p(executor, settings);
    std::vector<shop::sweep_report> reports;
    reconciler::sweep_request_poller poller(
        p, [&reports](const shop::sweep_report& r) { reports.push_back(r); });
    runtime::task_group running(executor);
    running.spawn("courier", server.run());
    runtime::task_group asking(executor);
    asking.spawn("poller", poller.run());
    co_await until(s.db, "select count(*) from suivi.reconciler where stopped_at is null", "1");
    co_await body(reports);
    poller.stop();
    co_await asking.join();
    p.client.close();
    p.database.close();
    server.drain(milliseconds(100));
    co_await running.join();
  });
}

} // namespace

TEST_CASE("a sweep that was asked for is begun and has the id that was promised") {
  stage s;
  s.shipped(1);
  beside_a_desk(s, [&](std::vector<shop::sweep_report>& reports) -> task<void> {
    auto id = s.db.value("select sweep from suivi.ask_for_sweeps('{acc-1}', 'full')");
    CHECK(s.db.value("select verdict || ' ' || sweep from suivi.ask_for_sweeps('{acc-2,acc-1}', 'full')") ==
          "running " + id);
    CHECK(s.db.value("select schedule || ' ' || timezone from suivi.reconciler") ==
          "00:00,06:00,12:00,18:00 Africa/Algiers");
    co_await until(s.db, "select verdict from suivi.sweep where finished_at is not null and id = " + id,
                   "complete");
    co_await until(s.db, "select count(*) from suivi.sweep_request", "0");
    while (reports.empty()) co_await runtime::sleep_for(milliseconds(10));
    CHECK(reports.size() == 1);
    CHECK(reports[0].id == id);
    CHECK(reports[0].account == "acc-1");
  });
  CHECK(s.column("R1", "trackingNumber") == "1700000000000001");
  CHECK(s.db.number("select count(*) from suivi.sweep") == 1);
}

TEST_CASE("a request for an account nobody knows is forgotten and keeps no other from being served") {
  stage s;
  beside_a_desk(s, [&](std::vector<shop::sweep_report>&) -> task<void> {
    s.db.execute("select suivi.ask_for_sweeps('{ghost,acc-2}', 'full')");
    co_await until(s.db, "select count(*) from suivi.sweep_request", "0");
    co_await until(s.db, "select account || verdict from suivi.sweep where finished_at is not null",
                   "acc-2complete");
  });
}

TEST_CASE("a request for an account that is being swept waits for its turn") {
  stage s;
  s.db.execute("insert into suivi.account (id, name, term, lease_until) values ('acc-1', 'First', 3, now() + "
               "interval '1 hour')");
  beside_a_desk(s, [&](std::vector<shop::sweep_report>&) -> task<void> {
    auto id = s.db.value("select sweep from suivi.ask_for_sweeps('{acc-1}', 'incremental')");
    co_await runtime::sleep_for(milliseconds(10));
    s.db.execute("update suivi.account set lease_until = now() where id = 'acc-1'");
    co_await until(s.db, "select kind from suivi.sweep where finished_at is not null and id = " + id,
                   "incremental");
  });
}

TEST_CASE("a request that a killed worker has left keeps nobody from asking again for longer than a lease") {
  stage s;
  s.db.execute("insert into suivi.reconciler (owner) values ('killed'); insert into suivi.account (id) "
               "values ('acc-1')");
  const std::string ask = "select verdict || ' ' || sweep from suivi.ask_for_sweeps('{acc-1}', 'full')";
  std::string first = s.db.value(ask);
  CHECK(first.starts_with("asked "));
  std::string running = "running " + first.substr(6);
  CHECK(s.db.value(ask) == running);
  s.db.execute("update suivi.sweep_request set asked_at = asked_at - interval '25 seconds'");
  CHECK(s.db.value(ask) == first); // under the id that was promised
  CHECK(s.db.value(ask) == running);
  s.db.execute("update suivi.sweep_request set asked_at = asked_at - interval '25 seconds';"
               "update suivi.account set lease_until = now() + interval '10 seconds'");
  CHECK(s.db.value(ask) == running); // somebody sweeps the account: it is the next one
  s.db.execute("update suivi.account set lease_until = null;"
               "update suivi.reconciler set seen_at = now() - interval '1 minute'");
  CHECK(s.db.value("select verdict from suivi.ask_for_sweeps('{acc-1}', 'full')") == "unseen");
  CHECK(s.db.number("select count(*) from suivi.sweep_request") == 1);
}

TEST_CASE("a worker that ends says so and nobody asks it any more") {
  stage s;
  beside_a_desk(s, [&](std::vector<shop::sweep_report>&) -> task<void> {
    CHECK(s.db.value("select verdict from suivi.ask_for_sweeps('{acc-9}', 'full')") == "asked");
    co_return;
  });
  CHECK(s.db.number("select count(*) from suivi.reconciler where stopped_at is not null") == 1);
  CHECK(s.db.value("select verdict from suivi.ask_for_sweeps('{acc-1}', 'full')") == "unseen");
}
