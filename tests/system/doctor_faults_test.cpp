// What kept orders from being updated in real shops while every check passed, and what was blamed though all
// was well: each provoked, and seen by the real command.
#include "tests/programs/doctor_process.hpp"
#include "tests/support/certificates.hpp"

#include <chrono>
#include <exception>
#include <thread>

using namespace suivi::test;

namespace {

const std::string one = "example-a:example-key-1:A";
const std::string two = "example-a:example-key-1:A,example-b:example-key-2:B";

} // namespace

TEST_CASE("doctor asks a receiver that serves TLS itself, and takes no other program for one of ours") {
  reconciler_process s(one, 5);
  (void)s.sweep(0);
  loopback::certificates made;
  loopback::certificates::pair pair = made.issue("shop", "DNS:shop.example");
  auto of_receiver = s.environment;
  of_receiver["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:0";
  of_receiver["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  of_receiver["SUIVI_RECEIVER_TLS_CERTIFICATE"] = pair.certificate;
  of_receiver["SUIVI_RECEIVER_TLS_KEY"] = pair.key;
  program receiver("suivi-receiver", {"serve"}, of_receiver);
  s.environment["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:" + std::to_string(receiver.number_from_log("port"));
  s.environment["SUIVI_RECEIVER_TLS_CERTIFICATE"] = pair.certificate;
  s.environment["SUIVI_RECEIVER_TLS_KEY"] = pair.key;
  auto found = doctor(s);
  CHECK(found.result("receiver") == "PASS");
  CHECK(found.result("spool_full") == "PASS");
  receiver.signal(SIGTERM);
  CHECK(receiver.wait(std::chrono::seconds(10)) == 0);

  s.environment.erase("SUIVI_RECEIVER_TLS_CERTIFICATE");
  s.environment.erase("SUIVI_RECEIVER_TLS_KEY");
  std::string stranger = s.url.substr(s.url.find("//") + 2);
  s.environment["SUIVI_RECEIVER_LISTEN"] = s.environment["SUIVI_RECONCILER_LISTEN"] = stranger;
  s.db.execute("insert into suivi.reconciler (owner, seen_at) values ('host:7', now() - interval '5 days')");
  found = doctor(s);
  CHECK(found.detail("receiver").find("is no receiver") != std::string::npos);
  CHECK(found.result("no_reconciler") == "FAIL");
  CHECK(found.detail("no_reconciler").find("5 days ago") != std::string::npos);
  CHECK(found.detail("no_reconciler").find("is no worker") != std::string::npos);
}

TEST_CASE("doctor tells keys that are equal or swapped between two accounts") {
  reconciler_process s(two, 60);
  (void)s.sweep(0);
  s.db.execute(R"sql(update shipping_accounts set "credentials" = jsonb_build_object('apiKey',
    case "id" when 'example-a' then 'example-key-2' else 'example-key-1' end))sql");
  auto swapped = doctor(s);
  CHECK(swapped.result("key owner example-a") == "FAIL");
  CHECK(swapped.result("key owner example-b") == "FAIL");
  s.db.execute(R"sql(update shipping_accounts set "credentials" = '{"apiKey":"example-key-1"}')sql");
  auto equal = doctor(s);
  CHECK(equal.result("key owner example-a") == "FAIL");
  CHECK(equal.detail("key owner example-a").find("the same key as `example-b`") != std::string::npos);
}

TEST_CASE("doctor knows the hooks at a shop's old addresses and asks for no second ones") {
  reconciler_process s(one, 5);
  (void)s.sweep(0);
  s.environment["SUIVI_RECEIVER_PUBLIC_URL"] = "https://shop.example";
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  CHECK(doctor(s).result("hooks_missing") == "WARN");
  const json::value types =
      json::parse(http_get(s.url + "/api/stores/hooks/types/", "Token example-key-1").body);
  const json::array& listed =
      types.is_array() ? types.as_array() : types.as_object().at("results").as_array();
  std::string trigger;
  for (const json::value& type : listed)
    if (text(type.as_object(), "name") == "OrderStatusChanged") trigger = text(type.as_object(), "id");
  REQUIRE_FALSE(trigger.empty());
  auto added = http_post(
      s.url + "/api/stores/hooks/costume/",
      R"({"endpoint":"https://shop.example/api/v1/webhooks/maystro?secret=example-secret","trigger_type_id":")" +
          trigger + "\"}",
      "Token example-key-1");
  CAPTURE(added.body);
  REQUIRE(added.status / 100 == 2);
  auto found = doctor(s);
  CHECK(found.result("hooks_missing") == "PASS");
  CHECK(found.detail("hooks_missing").find("old address") != std::string::npos);
}

TEST_CASE("doctor keeps the pause that another program was told and says so") {
  reconciler_process s(one, 5);
  s.sweep(0);
  s.db.execute("update suivi.account set courier_paused_until = now() + interval '1 hour'");
  std::int64_t before = s.requests("all");
  auto paused = doctor(s);
  CHECK(paused.result("courier") == "WARN");
  CHECK(paused.detail("courier").find("left alone") != std::string::npos);
  CHECK(s.requests("all") == before);
  s.db.execute("update suivi.account set courier_paused_until = null");
  CHECK(doctor(s).result("key_refused") == "PASS");
  CHECK(s.requests("all") > before);
}

TEST_CASE("doctor ends soon though the shop holds its tables, and passes nothing that it could not see") {
  reconciler_process s(one, 5);
  (void)s.sweep(0);
  std::thread shop([&] {
    try {
      s.db.execute_apart(
          "begin; lock table orders, shipping_accounts in access exclusive mode; select pg_sleep(600)");
    } catch (const std::exception&) {
    } // it is ended below
  });
  wait_until("the lock", [&] {
    return s.db.number(
               "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = "
               "'orders'::regclass") == 1;
  });
  auto begun = std::chrono::steady_clock::now();
  auto found = doctor(s);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(40));
  CHECK(found.status == 1);
  for (const char* name :
       {"accounts", "untracked", "orders never read", "orders_without_account", "parcels gone"}) {
    CAPTURE(name);
    CHECK(found.result(name) == "FAIL");
    CHECK(found.detail(name).find("could not be looked at") == 0);
  }
  s.db.execute("select pg_terminate_backend(pid) from pg_locks where mode = 'AccessExclusiveLock' and "
               "granted and relation "
               "= 'orders'::regclass");
  shop.join();
  CHECK(doctor(s).status == 0);
}

TEST_CASE("verify draws its sample from what the old system had tracked as well") {
  reconciler_process s(one, 30);
  (void)s.sweep(0);
  auto sample = [&](int expected) {
    auto done = run_program("suivi-reconciler", {"verify", "--json", "--sample", "1000"}, s.environment);
    CAPTURE(done.log);
    CHECK(done.status == expected);
    return document(done).as_object();
  };
  std::int64_t all = number(sample(0), "checked");
  CHECK(all == 30);
  s.db.execute(
      "truncate suivi.parcel, suivi.adopted_order; update orders set \"shippingStatus\" = 'INCONNU (0)'");
  auto found = sample(1);
  CHECK(number(found, "checked") == all);
  CHECK(static_cast<std::int64_t>(found.at("differences").as_array().size()) >= all);
  auto examined = doctor(s);
  CHECK(examined.result("orders never read") == "WARN");
  CHECK(examined.detail("orders never read").find("30 order(s)") == 0);
}
