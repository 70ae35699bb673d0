// The sweeping commands and the worker as processes: what they read, and how they end.
#include "tests/programs/program.hpp"
#include "tests/support/database.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <doctest/doctest.h>

using namespace suivi::test;
namespace json = boost::json;

namespace {

const std::string one_account = "example-a:example-key-1:A";

// A shop of 400 orders of which the courier knows 200, all standing still and none announced.
struct quiet_shop {
  database db{holding::shop};
  program courier{"suivi-maystro-sim",
                  {"serve", "--accounts", one_account, "--orders", "200", "--moving", "false"}};
  std::string url;
  std::map<std::string, std::string> environment{{"DATABASE_URL", db.url()},
                                                 {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"}};

  quiet_shop() {
    wait_until("the courier's address", [&] { return courier.output().find('\n') != std::string::npos; });
    url = courier.output().substr(0, courier.output().find('\n'));
    auto loading = run_program("suivi-maystro-sim",
                               {"load-shop", "--database", db.owner_url(), "--accounts", one_account,
                                "--base-url", url, "--orders", "400", "--known", "200"});
    CAPTURE(loading.log);
    REQUIRE(loading.status == 0);
  }

  void set(const std::string& settings) const {
    REQUIRE(http_post(url + "/control/settings", settings).status == 200);
  }

  [[nodiscard]] json::object sweep(std::vector<std::string> flags, int expected = 0) const {
    flags.insert(flags.begin(), {"sweep", "--json"});
    auto done = run_program("suivi-reconciler", flags, environment);
    CAPTURE(done.log);
    REQUIRE(done.status == expected);
    return json::parse(done.output).at("sweeps").at(0).as_object();
  }

  // The last order by reference that the courier shows as still on its way, told by no webhook when it is
  // delivered.
  [[nodiscard]] std::string deliver_one_on_an_old_page() const {
    std::string uuid = db.value("select uuid from suivi.parcel where status not in (10, 41, 50, 51, 52, 53) "
                                "order by created_at limit 1");
    REQUIRE(http_post(url + "/control/orders/" + uuid + "/status", R"({"status":41,"push":false})").status ==
            200);
    return uuid;
  }
};

std::int64_t number(const json::object& report, const char* field) {
  return report.at(field).to_number<std::int64_t>();
}

} // namespace

TEST_CASE("an incremental sweep costs a handful of requests and finds a new order") {
  quiet_shop s;
  auto full = s.sweep({"--full"});
  CHECK(full.at("kind") == "full");
  CHECK(full.at("verdict") == "complete");
  auto idle = s.sweep({"--incremental"});
  CHECK(idle.at("kind") == "incremental");
  CHECK(idle.at("verdict") == "complete");
  CHECK(idle.at("reason").is_null());
  CHECK(number(idle, "requests") <= 10);
  CHECK(number(idle, "backfilled") + number(idle, "statusChanged") == 0);

  std::string reference = s.db.value(R"sql(select "reference" from orders where "trackingNumber" is null and
                                           "shippingAccountId" is not null order by "id" limit 1)sql");
  REQUIRE(http_post(s.url + "/control/orders",
                    R"({"account":"example-a","known":true,"status":4,"reference":")" + reference + "\"}")
              .status < 300);
  auto found = s.sweep({"--incremental"});
  CHECK(number(found, "backfilled") == 1);
  CHECK(number(found, "missedByWebhook") == 0); // it was not seen before
}

TEST_CASE("the worker finds a change on an old page between full sweeps") {
  quiet_shop s;
  (void)s.sweep({"--full"});
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "200ms";
  program worker("suivi-reconciler", {"run"}, s.environment);
  std::string uuid = s.deliver_one_on_an_old_page();
  wait_until("the delivery in the shop", [&] {
    return s.db.value("select \"shippingStatus\" from orders where \"maystroOrderId\" = '" + uuid + "'") ==
           "LIVRÉ";
  });
  CHECK(s.db.number("select count(*) from suivi.sweep where kind = 'full'") <=
        2); // at most one scheduled now
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
  CHECK(s.db.number("select count(*) from suivi.account where lease_owner is not null") == 0);
  CHECK(s.db.number("select count(*) from suivi.sweep where finished_at is null") == 0);
}

TEST_CASE(
    "a one-off sweep that is told to stop ends with status 0, its lease freed and its report saying so") {
  quiet_shop s;
  s.set(R"({"latency_ms":5000})");
  program sweeping("suivi-reconciler", {"sweep", "--json"}, s.environment);
  wait_until("a sweep under way", [&] {
    return s.db.value("select to_regclass('suivi.sweep') is not null") == "t" &&
           s.db.number("select count(*) from suivi.sweep") == 1;
  });
  sweeping.signal(SIGTERM);
  CHECK(sweeping.wait(std::chrono::seconds(10)) == 0);
  auto report = json::parse(sweeping.output()).at("sweeps").at(0).as_object();
  CHECK(report.at("verdict") == "incomplete");
  CHECK(report.at("reason") == "stopped before its end");
  CHECK(s.db.value(
            "select verdict || ' ' || reason || ' ' || (finished_at is not null)::text from suivi.sweep") ==
        "incomplete stopped before its end true");
  CHECK(s.db.value("select lease_owner is null and full_watermark is null from suivi.account") == "t");
  s.set(R"({"latency_ms":0})");
  CHECK(s.sweep({"--full"}).at("verdict") == "complete"); // at once: nothing holds the account
}

TEST_CASE("a sweep waiting for another's lease stops with status 0 too") {
  quiet_shop s;
  (void)s.sweep({"--full"});
  s.db.execute("update suivi.account set lease_owner = 'somebody', lease_until = now() + interval '1 hour', "
               "term = term + 1");
  program waiting("suivi-reconciler", {"sweep"}, s.environment);
  wait_until("that it says so",
             [&] { return waiting.log().find("another sweep is running") != std::string::npos; });
  waiting.signal(SIGTERM);
  CHECK(waiting.wait(std::chrono::seconds(10)) == 0);
  CHECK(s.db.value("select lease_owner from suivi.account") == "somebody");
}

TEST_CASE("a killed sweep says so, and the worker begins it again once the lease has lapsed") {
  quiet_shop s;
  s.set(R"({"latency_ms":5000})");
  program sweeping("suivi-reconciler", {"sweep"}, s.environment);
  wait_until("a sweep under way", [&] {
    return s.db.value("select to_regclass('suivi.sweep') is not null") == "t" &&
           s.db.number("select count(*) from suivi.sweep") == 1;
  });
  sweeping.signal(SIGKILL);
  sweeping.wait();
  s.set(R"({"latency_ms":0})");
  CHECK(s.db.value("select verdict || ' ' || reason from suivi.sweep") == "incomplete killed before its end");
  s.db.execute("update suivi.account set lease_until = now()"); // as time does
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("a complete sweep", [&] {
    return s.db.number("select count(*) from suivi.sweep where verdict = 'complete' and kind = 'full'") == 1;
  });
  CHECK(s.db.value("select reason from suivi.sweep order by id limit 1") == "killed before its end");
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
}
