// A shop that ships with three couriers, its rows as the system before left them, through real sockets at the
// real programs: what a sweep makes of it, what a dry run shows, and that no courier's data reaches another's
// order.
#include "tests/programs/receiver_process.hpp"
#include "tests/programs/reconciler_process.hpp"
#include "tests/support/builders.hpp"

using namespace suivi::test;

namespace {

const std::string three = "m:example-key-1:Alger,g:example-key-2:Oran:guepex,n:example-key-3:Blida:nord_west";

json::object run_json(const reconciler_process& r, std::vector<std::string> arguments, int status = 0) {
  arguments.emplace_back("--json");
  auto done = run_program("suivi-reconciler", std::move(arguments), r.environment);
  CAPTURE(done.log);
  CAPTURE(done.output);
  REQUIRE(done.status == status);
  return json::parse(done.output).as_object();
}

std::int64_t sum(const json::object& sweeps, const char* field) {
  std::int64_t all = 0;
  for (const json::value& one : sweeps.at("sweeps").as_array()) all += number(one.as_object(), field);
  return all;
}

void insert(const reconciler_process& r, const std::string& account, const std::string& uuid, int status,
            const std::string& reference) {
  json::object parcel{{"account", account}, {"uuid", uuid}, {"status", status}, {"reference", reference}};
  auto done = http_post(r.url + "/control/orders", json::serialize(parcel));
  CAPTURE(done.body);
  REQUIRE(done.status == 201);
}

std::string state_of(const reconciler_process& r, const std::string& reference) {
  return r.db.value(
      "select concat_ws('|', \"shippingAccountId\", \"trackingNumber\", \"shippingStatus\") from "
      "orders where \"reference\" = '" +
      reference + "'");
}

bool contains_text(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::int64_t undefined_rows(const reconciler_process& r) {
  return r.db.number("select count(*) from orders where lower(\"shippingStatus\") = 'undefined'");
}

} // namespace

TEST_CASE("a shop of three couriers, as the system before left it, is right after one sweep, which a dry run "
          "shows first") {
  reconciler_process r(three, 150);
  std::int64_t broken = undefined_rows(r);
  REQUIRE(broken > 0);
  REQUIRE(run_program("suivi-reconciler", {"migrate"}, r.environment).status == 0);
  json::object dry = run_json(r, {"sweep", "--full", "--dry-run"});
  CHECK(sum(dry, "statusChanged") >= broken);
  CHECK(sum(dry, "backfilled") > 0);
  CHECK(undefined_rows(r) == broken);

  auto reports = r.sweep(0);
  REQUIRE(reports.size() == 3);
  for (const auto& [account, report] : reports) {
    CAPTURE(account);
    CHECK(text(report, "verdict") == "complete");
    CHECK(number(report, "rowsExpected") == number(report, "fetched"));
    CHECK(number(report, "conflicts") == 0);
  }
  CHECK(number(reports["g"], "pages") == 1);
  CHECK(number(reports["g"], "backfilled") > 0);
  CHECK(number(reports["n"], "backfilled") == 0);
  auto wrong = r.differences();
  for (const std::string& line : wrong) MESSAGE(line);
  CHECK(wrong.empty());
  CHECK(undefined_rows(r) == 0);
  CHECK(r.db.number("select count(*) from orders where \"shippingAccountId\" in ('g', 'n') and "
                    "\"maystroOrderId\" is not null") == 0);
  // Nothing of a customer, a label or a pin.
  CHECK(r.db.number("select count(*) from orders where \"additionalMetaData\"::text ~ "
                    "'(Client|0550|Rue inv|\"label\"|\"pin\"|Sonner)'") == 0);
  CHECK(r.db.number("select count(*) from orders where \"additionalMetaData\" ? 'guepex'") > 0);
  CHECK(r.db.number("select count(*) from orders where \"additionalMetaData\" ? 'nord_west'") > 0);

  json::object verified = run_json(r, {"verify"});
  CHECK(verified.at("differences").as_array().empty());
  CHECK(number(verified, "unreadable") == 0);
}

TEST_CASE(
    "a change that Guepex told nobody is found by its incremental sweep and counted as missed by webhook") {
  reconciler_process r("g:example-key-2:Oran:guepex", 60);
  r.sweep(0);
  auto advanced = http_post(r.url + "/control/advance?seconds=20000", "{}");
  REQUIRE(advanced.status == 200);
  REQUIRE_FALSE(r.differences().empty());
  json::object swept = run_json(r, {"sweep", "--incremental"});
  CHECK(r.differences().empty());
  CHECK(sum(swept, "statusChanged") > 0);
  CHECK(sum(swept, "missedByWebhook") == sum(swept, "statusChanged"));
  CHECK(r.db.number("select count(*) from suivi.sweep_missed m join suivi.sweep s on s.id = m.sweep_id where "
                    "s.missed_listed") == sum(swept, "missedByWebhook"));
}

TEST_CASE("where several couriers know one reference an order is written from its own account alone, and one "
          "without account by none of them") {
  reconciler_process r(three, 3);
  add_customer(r.db);
  add_orders(r.db, 901, 902, "'g'");
  add_orders(r.db, 903, 903, "'m'");
  add_orders(r.db, 904, 904, "null");
  for (const char* account : {"m", "g"})
    for (int order : {901, 902, 903, 904})
      insert(r, account, std::string(account) + std::to_string(order), account[0] == 'm' ? 41 : 22,
             "R" + std::to_string(order));
  auto swept = run_program("suivi-reconciler", {"sweep", "--full", "--json"}, r.environment);
  CAPTURE(swept.output);
  CHECK(swept.status == 0);
  CHECK(state_of(r, "R901") == "g|yal-g901|SORTI EN LIVRAISON");
  CHECK(state_of(r, "R902") == "g|yal-g902|SORTI EN LIVRAISON");
  CHECK(contains_text(state_of(r, "R903"), "LIVRÉ"));
  CHECK_FALSE(contains_text(state_of(r, "R903"), "yal-"));
  std::string first = state_of(r, "R904");
  auto again = run_program("suivi-reconciler", {"sweep", "--full", "--json"}, r.environment);
  CHECK(again.status == 0);
  CHECK(state_of(r, "R904") == first);
  CHECK(
      r.db.number("select count(*) from suivi.adopted_order where order_id = 'o904' and contested_by is not "
                  "null") == 1);
  // What Maystro says of the reference that is Guepex's is a conflict of Maystro's sweep.
  std::map<std::string, std::int64_t> conflicts;
  const json::value printed = json::parse(again.output);
  for (const json::value& one : printed.as_object().at("sweeps").as_array())
    conflicts[text(one.as_object(), "account")] = number(one.as_object(), "conflicts");
  CHECK(conflicts["m"] >= 2);
  CHECK(conflicts["g"] >= 1);
}

TEST_CASE(
    "Nord West's orders without a known number are told and never guessed, and a wrong key stops nobody "
    "else") {
  reconciler_process r(three, 120);
  add_customer(r.db);
  add_orders(r.db, 901, 901, "'n'");
  r.db.execute("update orders set \"trackingNumber\" = 'ECSGONE1' where \"id\" = 'o901'");
  add_orders(r.db, 902, 902, "'n'");
  r.set(R"({"refused_tokens":["example-key-2"]})");
  auto reports = r.sweep(3);
  CHECK(text(reports["g"], "verdict") == "incomplete");
  CHECK(text(reports["m"], "verdict") == "complete");
  CHECK(text(reports["n"], "verdict") == "complete");
  CHECK(number(reports["n"], "rowsExpected") == number(reports["n"], "fetched") + 1);
  CHECK(state_of(r, "R901") == "n|ECSGONE1");
  CHECK(state_of(r, "R902") == "n");
  CHECK(r.differences("n").empty());
  CHECK(r.differences("m").empty());
  r.set(R"({"refused_tokens":[]})");
  r.sweep(0);
  CHECK(r.differences().empty());
}

TEST_CASE(
    "a courier that locks an account out is asked no more by any program until then, and doctor tells it") {
  reconciler_process r(three, 60);
  r.sweep(0);
  r.set(R"({"throttle":1,"retry_after_s":3600})");
  auto locked_out = run_json(r, {"sweep", "--account", "g"}, 3);
  CHECK(sum(locked_out, "throttled") == 1);
  r.set(R"({"throttle":0})");
  std::int64_t requests_before = r.requests("all");
  auto left_alone = run_json(r, {"sweep", "--account", "g"}, 3);
  CHECK(sum(left_alone, "requests") == 0);
  CHECK(sum(left_alone, "throttled") == 0); // nobody was asked
  run_json(r, {"sweep", "--incremental", "--account", "g"}, 3);
  run_json(r, {"verify", "--account", "g"}, 3);
  CHECK(r.requests("all") == requests_before);
  // Of the key nothing is said that was not asked.
  auto doctor = run_program("suivi-reconciler", {"doctor", "--json"}, r.environment);
  CAPTURE(doctor.output);
  std::map<std::string, std::string> results;
  const json::value checks = json::parse(doctor.output);
  for (const json::value& one : checks.as_object().at("checks").as_array())
    if (one.as_object().contains("account") && text(one.as_object(), "account") == "g")
      results[text(one.as_object(), "name")] =
          text(one.as_object(), "result") + " " + text(one.as_object(), "detail");
  CHECK(results["requests left"].starts_with("WARN locked out"));
  CHECK(results["courier"].starts_with("WARN"));
  CHECK_FALSE(results.contains("key_refused"));
  for (const auto& [account, report] : r.sweep(3))
    CHECK((text(report, "verdict") == "complete") == (account != "g"));
  r.db.execute("update suivi.request_quota set closed_until = now() - interval '1 second'");
  r.sweep(0);
  CHECK(r.differences().empty());
}

TEST_CASE("an order of Nord West whose number the shop has changed is asked for by the new one") {
  reconciler_process r("n:example-key-3:Blida:nord_west", 3);
  add_customer(r.db);
  add_orders(r.db, 901, 901, "'n'");
  insert(r, "n", "n1", 22, "X1");
  insert(r, "n", "n2", 4, "X2");
  r.environment.insert({{"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                        {"SUIVI_ADMIN_TOKEN", "example-token"},
                        {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"}});
  receiver_process receiver(r.environment);
  std::vector<std::string> states;
  for (const char* number : {"ECSSIMn1", "ECSSIMn2"}) {
    r.db.execute("update orders set \"trackingNumber\" = '" + std::string(number) +
                 "' where \"id\" = 'o901'");
    auto done = http_post(receiver.base + "/api/v1/orders/R901/ask", "", "Bearer example-token");
    CAPTURE(done.body);
    CHECK(done.status == 200);
    CHECK(contains_text(done.body, R"("outcome":"applied")"));
    states.push_back(state_of(r, "R901"));
  }
  CHECK(states == std::vector<std::string>{"n|ECSSIMn1|EN LIVRAISON", "n|ECSSIMn2|UPLOADÉ SUR LE SYSTÈME"});
}

TEST_CASE("hooks names what is to be registered by hand at Guepex, and that Nord West has none") {
  reconciler_process r(three, 3);
  r.environment["SUIVI_RECEIVER_PUBLIC_URL"] = "https://shop.example";
  r.environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  for (const char* verb : {"list", "ensure"}) {
    json::object listed = run_json(r, {"hooks", verb});
    std::map<std::string, json::object> by_account;
    for (const json::value& one : listed.at("accounts").as_array())
      by_account[text(one.as_object(), "account")] = one.as_object();
    CHECK(text(by_account["g"], "address") ==
          "https://shop.example/webhooks/guepex/example-secret?account=g");
    CHECK(by_account["g"].at("lastAsked").is_null());
    CHECK(by_account["n"].at("address").is_null());
    CHECK(contains_text(text(by_account["n"], "message"), "no webhooks"));
  }
  for (const char* verb : {"remove", "test"}) {
    for (const char* account : {"g", "n"})
      CHECK(run_program("suivi-reconciler", {"hooks", verb, "--account", account}, r.environment).status ==
            2);
  }
  json::object removed = run_json(r, {"hooks", "remove"});
  CHECK(contains_text(json::serialize(removed), "skipped"));
}
