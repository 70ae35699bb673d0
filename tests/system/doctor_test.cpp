// The one-off commands as an operator runs them: what they print, with which status they end, and that
// `doctor` names what keeps orders from being updated.
#include "tests/programs/doctor_process.hpp"

#include <algorithm>
#include <chrono>
#include <list>

using namespace suivi::test;

namespace {

const std::string one = "example-a:example-key-1:A";
const std::string two = "example-a:example-key-1:A,example-b:example-key-2:B";

const std::vector<std::string> passed_by_a_sound_shop{"database_away",
                                                      "clock_skew",
                                                      "writable",
                                                      "durability",
                                                      "schema",
                                                      "orders table",
                                                      "column types",
                                                      "rights",
                                                      "company",
                                                      "accounts",
                                                      "key_refused example-a",
                                                      "key_refused example-b",
                                                      "key owner example-a",
                                                      "key owner example-b",
                                                      "clock_skew example-a",
                                                      "hooks_missing example-a",
                                                      "sweep_late",
                                                      "sweep_incomplete",
                                                      "sweep conflicts",
                                                      "untracked",
                                                      "orders never read",
                                                      "unchecked",
                                                      "parcels gone",
                                                      "orders_without_account",
                                                      "contested",
                                                      "references",
                                                      "events waiting",
                                                      "parked",
                                                      "failed",
                                                      "conflict",
                                                      "quarantined",
                                                      "partitions"};

} // namespace

TEST_CASE("doctor passes a shop that is well, counts its requests and notes its test") {
  reconciler_process s(two, 50);
  s.environment["SUIVI_RECEIVER_PUBLIC_URL"] = "https://shop.example";
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  (void)s.sweep(0);
  CHECK(run_program("suivi-reconciler", {"hooks", "ensure"}, s.environment).status == 0);
  std::int64_t before = s.requests("all");
  std::int64_t counted = s.db.number("select sum(\"requestCount\") from shipping_accounts");
  auto found = doctor(s);
  CHECK(found.status == 0);
  for (const std::string& name : passed_by_a_sound_shop) {
    CAPTURE(name);
    CHECK(found.result(name) == "PASS");
  }
  CHECK(found.result("receiver") == "WARN"); // neither program runs
  CHECK(found.result("no_reconciler") == "WARN");
  CHECK(s.db.number("select count(*) from shipping_accounts where \"lastTestStatus\" = 'success' and "
                    "\"lastTestError\" is null "
                    "and \"lastTestAt\" > now() at time zone 'UTC' - interval '1 minute'") == 2);
  CHECK(s.db.number("select sum(\"requestCount\") from shipping_accounts") - counted ==
        6); // a page, two lists of hooks, each
  CHECK(s.requests("all") - before <= 6);
}

TEST_CASE("doctor names an account's empty, missing and refused key, and the test is noted as failed") {
  reconciler_process s(two, 10);
  (void)s.sweep(0);
  s.db.execute(
      R"sql(update shipping_accounts set "credentials" = '{"apiKey":" Token "}' where "id" = 'example-a')sql");
  s.set(R"({"refused_tokens":["example-key-2"]})");
  auto found = doctor(s);
  CHECK(found.status == 1);
  CHECK(found.result("key_refused example-a") == "FAIL");
  CHECK(found.detail("key_refused example-a") == "the account has no key");
  CHECK(found.result("key_refused example-b") == "FAIL");
  CHECK(found.detail("key_refused example-b").find("refuses the key") != std::string::npos);
  CHECK(s.db.number("select count(*) from shipping_accounts where \"lastTestStatus\" = 'error' and "
                    "\"lastTestError\" <> ''") == 2);
  s.db.execute(R"sql(update shipping_accounts set "credentials" = '{}' where "id" = 'example-a')sql");
  CHECK(doctor(s).result("key_refused example-a") == "FAIL");
  s.set(R"({"refused_tokens":[]})");
  s.db.execute(
      R"sql(update shipping_accounts set "credentials" = '{"apiKey":"tOkEn example-key-1"}' where "id" = 'example-a')sql");
  found = doctor(s);
  CHECK(found.status == 0);
  CHECK(found.result("key_refused example-a") == "PASS");
}

TEST_CASE("doctor tells a company that is missing, inactive or named otherwise, and accounts that are "
          "inactive or none") {
  reconciler_process s(one, 10);
  CHECK(doctor(s).result("schema") == "FAIL"); // never migrated
  (void)s.sweep(0);
  s.db.execute("update shipping_accounts set \"isActive\" = false");
  auto found = doctor(s);
  CHECK(found.status == 1);
  CHECK(found.result("accounts") == "FAIL");
  CHECK(found.detail("accounts").find("1 not active") != std::string::npos);
  s.db.execute(
      "update shipping_accounts set \"isActive\" = true; update shipping_companies set \"isActive\" = false");
  CHECK(doctor(s).result("company") == "FAIL");
  s.db.execute("update shipping_companies set \"isActive\" = true, \"slug\" = 'maystro-dz' where \"slug\" = "
               "'maystro'");
  found = doctor(s);
  CHECK(found.result("company") == "FAIL");
  CHECK(found.detail("company").find("`maystro-dz`") != std::string::npos);
  s.db.execute("delete from shipping_accounts; delete from shipping_companies where \"slug\" = 'maystro-dz'");
  CHECK(doctor(s).result("company") == "FAIL");
  s.environment["MAYSTRO_API_KEY"] = "Token example-key-1";
  s.environment["MAYSTRO_BASE_URL"] = s.url + "/api/";
  found = doctor(s);
  CHECK(found.status == 0);
  CHECK(found.result("key_refused env") == "PASS");
  s.db.execute("update orders set \"shippingAccountId\" = null");
  CHECK(text(s.sweep(0).at("env"), "verdict") == "complete"); // that key is enough for orders of nobody
  CHECK(s.differences().empty());
}

TEST_CASE(
    "doctor finds webhooks that wait, orders of nobody, parcels gone and a list that was not read whole") {
  reconciler_process s(one, 40);
  (void)s.sweep(0);
  std::string uuid = s.db.value("select uuid from suivi.parcel where order_id is not null limit 1");
  s.db.execute(R"sql(
insert into suivi.inbox (id, stored_on, received_at, raw, outcome)
values (9001, (now() at time zone 'UTC')::date, now(), '', 'quarantined');
insert into suivi.pending (event_id, stored_on, state, since, due_at) values
  (9002, current_date, 'pending', now(), now() - interval '5 minutes'),
  (9003, current_date, 'failed', now(), now()),
  (9004, current_date, 'parked', now() - interval '3 days', now() + interval '1 hour');
insert into orders ("id", "reference", "customerId", "total", "updatedAt") select 'nobody', 'nobody', "customerId", 1, now() from orders limit 1;
)sql");
  REQUIRE(http_post(s.url + "/control/orders/" + uuid + "/status", R"({"status":22,"push":false})").status ==
          200);
  s.set(R"({"fail_pages":[3]})");
  (void)s.sweep(3);
  auto found = doctor(s);
  CHECK(found.status == 1);
  CHECK(found.result("events waiting") == "FAIL");
  for (const char* name : {"failed", "parked", "quarantined", "orders_without_account", "sweep_incomplete"}) {
    CAPTURE(name);
    CHECK(found.result(name) == "WARN");
  }
  s.set(R"({"fail_pages":[]})");
  s.db.execute(
      "delete from suivi.pending; delete from suivi.inbox; delete from orders where \"id\" = 'nobody'");
  (void)s.sweep(0);
  CHECK(doctor(s).status == 0);
}

TEST_CASE("doctor finds both programs at work, and a courier whose clock is wrong") {
  reconciler_process s(one, 10);
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  auto of_receiver = s.environment;
  of_receiver["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:0";
  program receiver("suivi-receiver", {"serve"}, of_receiver);
  program worker("suivi-reconciler", {"run"}, s.environment);
  s.environment["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:" + std::to_string(receiver.number_from_log("port"));
  wait_until("both at work", [&] {
    return s.db.value("select to_regclass('suivi.reconciler') is not null and to_regclass('suivi.lookup') is "
                      "not null") == "t" &&
           s.db.number("select count(*) from suivi.reconciler") == 1 &&
           s.db.number("select count(*) from suivi.sweep where verdict = 'complete'") >= 1 &&
           http_get("http://" + s.environment["SUIVI_RECEIVER_LISTEN"] + "/readyz").status == 200;
  });
  auto found = doctor(s);
  CHECK(found.result("receiver") == "PASS");
  CHECK(found.result("no_reconciler") == "PASS"); // at an address of its own, so by its sign of life
  CHECK(found.detail("no_reconciler").find("at work: ") == 0);
  CHECK(found.result("clock_skew example-a") == "PASS");
  s.set(R"({"clock_skew_ms":-60000})");
  CHECK(doctor(s).result("clock_skew example-a") == "WARN");
  s.set(R"({"clock_skew_ms":600000})");
  CHECK(doctor(s).result("clock_skew example-a") == "FAIL");
  worker.signal(SIGTERM);
  receiver.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
  CHECK(receiver.wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("doctor tells how many webhooks are in the spool and for how long") {
  reconciler_process s(one, 1);
  auto away = s.environment;
  away["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:0";
  away["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  away["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none";
  program receiver("suivi-receiver", {"serve"}, away);
  auto address = "127.0.0.1:" + std::to_string(receiver.number_from_log("port"));
  s.environment["SUIVI_RECEIVER_LISTEN"] = address;
  wait_until("a webhook in the spool", [&] {
    return http_post("http://" + address + "/webhooks/maystro/example-secret", "{}").body.find("spooled") !=
           std::string::npos;
  });
  auto found = doctor(s);
  CHECK(found.result("receiver") == "WARN");
  CHECK(found.detail("receiver").find("(receiver.spool), the oldest for ") != std::string::npos);
  receiver.signal(SIGTERM);
  CHECK(receiver.wait() == 0);
}

TEST_CASE("verify ends with 0 where nothing differs, 1 on a difference, 3 where not all was read, and writes "
          "nothing") {
  reconciler_process s(two, 60);
  (void)s.sweep(0);
  auto verify = [&](std::vector<std::string> more, int expected) {
    more.insert(more.begin(), {"verify", "--json"});
    auto done = run_program("suivi-reconciler", more, s.environment);
    CHECK(done.status == expected);
    return document(done).as_object();
  };
  auto same = verify({}, 0);
  CHECK(number(same, "checked") == 60);
  CHECK(same.at("differences").as_array().empty());
  CHECK(number(same, "unreadable") == 0);
  CHECK(number(verify({"--sample", "7"}, 0), "checked") == 7);
  CHECK(number(verify({"--account", "example-a"}, 0), "checked") < 60);

  std::string edited =
      s.db.value("select \"reference\" from orders where \"shippingAccountId\" = 'example-a' and "
                 "\"trackingNumber\" is not null order by 1 limit 1");
  s.db.execute("update orders set \"shippingStatus\" = 'by hand' where \"reference\" = '" + edited + "'");
  auto differing = verify({}, 1);
  REQUIRE(differing.at("differences").as_array().size() == 1);
  const json::object& difference = differing.at("differences").as_array()[0].as_object();
  CHECK(text(difference, "account") == "example-a");
  CHECK(text(difference, "reference") == edited);
  CHECK(text(difference, "field") == "shippingStatus");
  CHECK(text(difference, "shop") == "by hand");
  CHECK(s.db.value("select \"shippingStatus\" from orders where \"reference\" = '" + edited + "'") ==
        "by hand");

  (void)s.sweep(0);
  s.set(R"({"refused_tokens":["example-key-2"]})");
  auto partly = verify({}, 3);
  CHECK(partly.at("differences").as_array().empty());
  CHECK(number(partly, "unreadable") > 0);
}

TEST_CASE("status and coverage say what is, also while a sweep runs") {
  reconciler_process s(two, 80);
  s.db.execute("update orders set \"shippingAccountId\" = null, \"trackingNumber\" = null where \"id\" in "
               "(select \"id\" from orders order by \"id\" limit 3)");
  (void)s.sweep(0);
  auto coverage =
      document(run_program("suivi-reconciler", {"coverage", "--json"}, s.environment)).as_object();
  CHECK(number(coverage, "total") ==
        s.db.number("select count(*) from orders where \"shippingAccountId\" is not null"));
  CHECK(number(coverage, "withTracking") + number(coverage, "withoutTracking") == number(coverage, "total"));
  CHECK(coverage.at("coveragePercentage").to_number<double>() == 100);
  CHECK(coverage.at("byAccount").as_array().size() == 2);

  s.set(R"({"latency_ms":3000})");
  program sweeping("suivi-reconciler", {"sweep", "--account", "example-a"}, s.environment);
  wait_until("a sweep under way",
             [&] { return s.db.number("select count(*) from suivi.sweep where finished_at is null") == 1; });
  auto status = document(run_program("suivi-reconciler", {"status", "--json"}, s.environment)).as_object();
  CHECK_FALSE(status.at("nextSweepAt").is_null());
  CHECK(status.at("accounts").as_array().size() == 2);
  const json::object& running = status.at("sweeps").as_array().at(0).as_object();
  CHECK(running.at("running") == true);
  CHECK(running.at("reason").is_null());
  CHECK(status.at("sweeps").as_array().at(1).as_object().at("running") == false);
  CHECK_FALSE(status.at("accounts").as_array().at(0).as_object().at("nextIncrementalAt").is_null());
  sweeping.signal(SIGTERM);
  CHECK(sweeping.wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("hooks are registered once though two processes ensure them at the same time, and removed whatever "
          "the secret") {
  reconciler_process s(two, 10);
  s.environment["SUIVI_RECEIVER_PUBLIC_URL"] = "https://shop.example";
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "a secret/ü?&#%";
  auto hooks = [&](const std::string& key) {
    const json::value all = json::parse(http_get(s.url + "/api/stores/hooks/costume/", "Token " + key).body);
    return all.is_array() ? all.as_array() : all.as_object().at("results").as_array();
  };
  auto run = [&](const std::string& verb) {
    auto done = run_program("suivi-reconciler", {"hooks", verb, "--json"}, s.environment);
    CHECK(done.output.find("secret") == std::string::npos);
    (void)document(done);
    return done.status;
  };
  REQUIRE(run("ensure") == 0); // migrates, and shows what the courier lists
  std::size_t registered = hooks("example-key-1").size();
  CHECK(registered > 0);
  CHECK(run("remove") == 0);
  CHECK(hooks("example-key-1").empty());

  s.set(R"({"latency_ms":200})");
  program first("suivi-reconciler", {"hooks", "ensure"}, s.environment);
  program second("suivi-reconciler", {"hooks", "ensure"}, s.environment);
  CHECK(first.wait() == 0);
  CHECK(second.wait() == 0);
  s.set(R"({"latency_ms":0,"hooks_envelope":"bare"})");
  CHECK(run("ensure") == 0);
  for (const char* key : {"example-key-1", "example-key-2"}) {
    auto all = hooks(key);
    CHECK(all.size() == registered);
    for (const json::value& each : all)
      CHECK(text(each.as_object(), "endpoint")
                .find("https://shop.example/webhooks/maystro/a%20secret%2F%C3%BC%3F%26%23%25?account=") == 0);
  }
  CHECK(run("test") == 0);
  CHECK(run("list") == 0);
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "another";
  CHECK(run("remove") == 0);
  CHECK(hooks("example-key-1").empty());
  CHECK(hooks("example-key-2").empty());
}

TEST_CASE(
    "a database that refuses or is absent costs a command less than ten seconds, one line and status 1") {
  reconciler_process s(one, 5);
  std::string refused = s.db.url();
  std::size_t user = refused.find("//") + 2;
  refused.replace(user, refused.find('@') - user, "nobody_of_that_name:example-password");
  for (const std::string& url : {refused, std::string("postgresql://u:example-password@127.0.0.1:1/shop")}) {
    auto begun = std::chrono::steady_clock::now();
    std::map<std::string, std::string> environment{{"DATABASE_URL", url}};
    std::list<program> all;
    for (const char* command : {"status", "coverage", "sweep", "verify", "doctor"})
      all.emplace_back("suivi-reconciler", std::vector<std::string>{command, "--json"}, environment);
    for (program& each : all) {
      CHECK(each.wait() == 1);
      std::string said = each.log(), printed = each.output();
      CAPTURE(said);
      bool one_line =
          std::count(said.begin(), said.end(), '\n') + std::count(printed.begin(), printed.end(), '\n') == 1;
      CHECK(one_line); // doctor's is its document
      CHECK((said + printed).find("example-password") == std::string::npos);
    }
    CHECK(std::chrono::steady_clock::now() - begun <
          std::chrono::seconds(20 * slowness)); // five at once on a machine that is busy
  }
}

TEST_CASE("a worker without any account ends with status 2 and says so, and what is unknown among our "
          "variables only warns") {
  reconciler_process s(one, 5);
  s.db.execute("update shipping_accounts set \"isActive\" = false");
  s.environment["SUIVI_NO_SUCH_SETTING"] = "1";
  auto done = run_program("suivi-reconciler", {"run"}, s.environment);
  CHECK(done.status == 2);
  CHECK(done.log.find("no courier account") != std::string::npos);
  CHECK(done.log.find("SUIVI_NO_SUCH_SETTING") != std::string::npos);
  s.environment["SUIVI_RECONCILER_TIMEZONE"] = "Mars/Olympus";
  auto wrong = run_program("suivi-reconciler", {"coverage"}, s.environment);
  CHECK(wrong.status == 2);
  CHECK(wrong.log.find("reconciler.timezone = \"Mars/Olympus\" (SUIVI_RECONCILER_TIMEZONE): allowed is") !=
        std::string::npos);
}

TEST_CASE("what is wrong on the command line is named with what is allowed, and is status 2") {
  struct wrong {
    std::vector<std::string> arguments;
    std::string_view says;
  };
  for (const wrong& w : std::initializer_list<wrong>{
           {{"sweep", "--max-orders", "-4"}, "-4 is not allowed: a whole number from 0 to 1000000000"},
           {{"verify", "--sample", "0"}, "0 is not allowed: a whole number from 1 to 1000000000"},
           {{"sweep", "--full", "--incremental"}, "--full excludes --incremental"},
           {{"hooks"}, "one of list, ensure, remove, test"},
           {{"status", "now"}, "now"}}) {
    auto done =
        run_program("suivi-reconciler", w.arguments, {{"DATABASE_URL", "postgresql://127.0.0.1:1/shop"}});
    CAPTURE(done.log);
    CHECK(done.status == 2);
    CHECK(done.log.find(w.says) != std::string::npos);
  }
}
