// Both programs through a day's work, good and bad, with every line of the log switched on: no key, secret,
// name, phone or address of anybody is found in logs, figures or answers.
#include "common/crypto/crypto.hpp"
#include "tests/programs/webhook_sender.hpp"

#include <algorithm>
#include <csignal>
#include <optional>
#include <regex>

using namespace suivi::test;

namespace {

constexpr auto two_accounts = "example-a:example-key-of-a:A,example-b:example-key-of-b:B";

// What the simulator's rows, the shop, the settings and this test's webhooks hold and nobody may see.
const std::vector<std::string> hidden{"example-key-of-a",   "example-key-of-b",
                                      "example-secret-one", "example-secret-two",
                                      "guessed-secret",     "example-password",
                                      "example-token-1",    "example-token-2",
                                      "Nom Inventé",        "Nom Invent\\u00e9",
                                      "0550999999",         "213550999999",
                                      "Rue Inventée",       "inventee@shop.example",
                                      "Texte Libre",        "Personne Inventée",
                                      "UGVyc29ubmUgSW52",   "Inventine",
                                      "inventine"};
// Where it stands as a status, an operator is shown it in the event's payload; the log shows it to nobody.
const std::vector<std::string> hidden_in_logs{"0770888888"};
// The stand-in's customers: `Client 000123`, `0550000123`, `Rue inventée 12`.
const std::regex customers(R"(Client \d{6}|\b0550\d{6}\b|Rue invent)");

void check_absent(const std::vector<std::string>& all, const std::string& text) {
  for (const auto& each : all) {
    CAPTURE(each);
    auto at = text.find(each);
    CAPTURE(text.substr(at == std::string::npos ? 0 : at - std::min<std::size_t>(at, 200), 400));
    CHECK(at == std::string::npos);
  }
}

void check_silent(const std::string& where, const std::string& text) {
  CAPTURE(where);
  CHECK(!text.empty());
  check_absent(hidden, text);
  if (where != "answers") check_absent(hidden_in_logs, text);
  std::smatch found;
  bool named = std::regex_search(text, found, customers);
  CAPTURE((named ? found.str() : ""));
  CHECK_FALSE(named);
}

std::string personal_event(const std::string& reference, const std::string& more = "") {
  return R"({"event":"OrderStatusChanged","payload":{"id":"u-)" + reference +
         R"(","status":31,"external_order_id":")" + reference +
         R"(","customer_name":"Nom Inventé","customer_phone":"0550999999","phone":"213550999999","destination_text":"Rue Inventée 7",)" +
         R"("address":"Rue Inventée 7","customer_email":"inventee@shop.example")" + more + "}}";
}

const std::string one = "/webhooks/maystro/example-secret-one", old = "/api/v1/webhooks/maystro";

std::string address_of(program& courier) {
  wait_until("the courier's address", [&] { return contains(courier.output(), "\n"); });
  return courier.output().substr(0, courier.output().find('\n'));
}

// Two accounts and their courier; what was answered and printed meanwhile is kept.
struct busy_day {
  program courier{
      "suivi-maystro-sim",
      {"serve", "--accounts", two_accounts, "--orders", "60", "--moving", "false", "--page-size", "10"}};
  std::string url = address_of(courier);
  database shop{holding::shop};
  environment settings{{"DATABASE_URL", with_parameters(shop.url(), "password=example-password")},
                       {"MAYSTRO_WEBHOOK_SECRET", "example-secret-one,example-secret-two"},
                       {"SUIVI_ADMIN_TOKEN", "example-token-1"},
                       {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                       {"SUIVI_RECEIVER_CONFIRM", "terminal"},
                       {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"},
                       {"SUIVI_MAYSTRO_READ_LAG", "0s"},
                       {"SUIVI_LOG_LEVEL", "debug"}};
  std::string answers, printed;

  busy_day() {
    finished loading = run_program("suivi-maystro-sim",
                                   {"load-shop", "--database", shop.owner_url(), "--accounts", two_accounts,
                                    "--base-url", url, "--orders", "100", "--known", "60"});
    CAPTURE(loading.log);
    REQUIRE(loading.status == 0);
    // One key is refused; the database's password is wrong nowhere, but is there.
    REQUIRE(http_post(url + "/control/settings", R"({"refused_tokens":["example-key-of-b"]})").status == 200);
    receiver.emplace("suivi-receiver", std::vector<std::string>{}, settings);
    port_ = static_cast<unsigned short>(receiver->number_from_log("port"));
    wait_until("the database", [&] { return contains(receiver->log(), "the database is up"); });
  }
  [[nodiscard]] std::string reference_of(const std::string& account) const {
    return shop.value(R"(select "reference" from orders where "shippingAccountId" = ')" + account +
                      "' limit 1");
  }
  int ask(const std::string& bytes) {
    raw_peer peer(port_);
    peer.send(bytes);
    auto got = peer.read();
    answers += got.head + got.body + "\n";
    return got.status;
  }
  void operate(const std::string& method, const std::string& target, const std::string& body = "") {
    ask(request(method, "/api/v1/" + target, body, "Authorization: Bearer example-token-1\r\n"));
  }
  void command(const std::string& name, std::vector<std::string> arguments) {
    auto done = run_program(name, arguments, settings);
    CAPTURE(done.log);
    CHECK(done.status != 2);
    printed += done.output + done.log;
  }

  std::optional<program> receiver;

 private:
  unsigned short port_ = 0;
};

void push_events_of_orders(busy_day& day, const std::string& known, const std::string& of_b) {
  for (const auto& reference : {known, of_b, std::string("unknown-1")})
    for (const char* account : {"example-a", "example-b", "no-such"})
      CHECK(day.ask(request("POST", one + "?account=" + account,
                            personal_event(reference, std::string(R"(,"n":")") + account + '"'))) == 200);
  // One word: as a member's name, as a reference, as what nobody knows, and in a reason.
  std::string reason =
      R"(,"alert_reason":"Client Inventine absent","zone":"Inventine","Inventine":{"inventine":1})";
  for (const std::string& reference : {known, std::string("Inventine")})
    CHECK(day.ask(request("POST", one + "?account=example-a",
                          std::regex_replace(personal_event(reference, reason), std::regex("\"status\":31"),
                                             "\"status\":32"))) == 200);
  for (int status : {41, 50, 999}) // some are confirmed with a key that is refused
    CHECK(day.ask(request("POST", one + "?account=example-b",
                          std::regex_replace(personal_event(of_b), std::regex("\"status\":31"),
                                             "\"status\":" + std::to_string(status)))) == 200);
}

void push_invalid_event(busy_day& day) {
  CHECK(day.ask(request("POST", one, R"({"customer_name":"Nom Inventé","customer_phone":"0550999999")")) ==
        202);
  CHECK(day.ask(request("POST", one, "Texte Libre; 0770888888")) == 202);
  CHECK(day.ask(request(
            "POST", one,
            R"({"event":"Nom","payload":{"customer_name":"Nom Inventé","status":"0770888888"}})")) == 202);
  // A list, a cut-off object, a form and a table, in base64 once and twice; people's names as event and id.
  for (const char* inner :
       {R"([{"client":{"x":"Personne Inventée"}}])", R"({"firstName":"Personne Inventée","x":)",
        "recipientName=Personne+Invent%C3%A9e&mobile=0550999999",
        "name;phone\nPersonne Inventée;0550999999"}) {
    auto once = suivi::crypto::base64_encode(inner);
    for (const auto& wrapped : {once, suivi::crypto::base64_encode(once)}) {
      CHECK(day.ask(request("POST", one, "{\"payload\":\"" + wrapped + "\"}")) == 202);
      CHECK(day.ask(request("POST", one, wrapped)) == 202);
    }
    CHECK(day.ask(request("POST", one, inner)) == 202);
  }
}

void push_with_names_and_guesses(busy_day& day, const std::string& known) {
  CHECK(
      day.ask(request(
          "POST", one + "?account=example-a",
          R"({"event":"Personne Inventée","message":{"messageId":"Personne Inventée","data":)" +
              personal_event(known, R"(,"noteToDriver":"Personne Inventée","labels":["Personne Inventée"])") +
              "}}")) == 200);
  CHECK(day.ask(request("POST", old + "?secret=example-secret-two", personal_event("R-new"))) == 200);
  CHECK(day.ask(request("POST", old + "?secret=guessed-secret", personal_event("no"))) == 401);
  CHECK(day.ask(request("POST", old, personal_event("no"), "X-Webhook-Secret: guessed-secret\r\n")) == 401);
  CHECK(day.ask(request("GET", one)) == 405);
  CHECK(day.ask(request("POST", "/webhooks/example-secret-one", "")) == 404);
  CHECK(day.ask(request("POST", one + "%", "")) == 404);
  CHECK(day.ask("POST " + one + " HTTP/9.9\r\n\r\n") == 400);
  CHECK(day.ask("POST " + one + " HTTP/1.1\r\nContent-Length: x\r\n\r\n") == 400);
  CHECK(day.ask("POST " + one + " HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n") == 413);
  CHECK(day.ask("POST " + one + "/" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n") == 431);
}

void run_every_command(busy_day& day) {
  day.command("suivi-reconciler", {"sweep", "--full", "--json"});
  day.command("suivi-reconciler", {"status"});
  day.command("suivi-reconciler", {"coverage"});
  day.command("suivi-reconciler", {"doctor"});
  day.command("suivi-reconciler", {"verify"});
  day.command("suivi-reconciler", {"hooks", "list"});
  day.command("suivi-receiver", {"replay", "--outcome", "all", "--dry-run"});
  REQUIRE(http_post(day.url + "/control/settings", R"({"fail":0.5,"throttle":0.2})").status == 200);
  day.command("suivi-reconciler", {"sweep", "--full"});
}

void ask_every_endpoint(busy_day& day, const std::string& known, const std::string& of_b) {
  for (const char* target :
       {"webhooks/events?limit=1000", "webhooks/events?outcome=quarantined", "webhooks/stats", "coverage",
        "sweeps", "accounts", "scheduler/status", "webhooks/events?limit=Nom", "nowhere"})
    day.operate("GET", target);
  day.operate("GET", "orders/" + known);
  day.operate("GET", "orders/" + of_b);
  day.operate("POST", "accounts/example-a/test");
  day.operate("POST", "accounts/example-b/test");
  day.operate("POST", "webhooks/replay", R"({"outcome":"all"})");
  day.operate("POST", "webhooks/replay", "{");
  auto failed = day.shop.value("select event_id::text from suivi.pending limit 1");
  day.operate("POST", "webhooks/events/" + failed + "/retry");
  day.ask(request("GET", "/api/v1/coverage", "", "Authorization: Bearer example-token-2\r\n"));
  day.ask(request("GET", "/readyz"));
  day.ask(request("GET", "/metrics"));
}

} // namespace

TEST_CASE("no key, secret, name, phone or address is in any log, figure or answer") {
  busy_day day;
  const std::string known = day.reference_of("example-a"), of_b = day.reference_of("example-b");
  push_events_of_orders(day, known, of_b);
  push_invalid_event(day);
  push_with_names_and_guesses(day, known);
  wait_until("every event looked at", [&] {
    return day.shop.number(
               "select count(*) from suivi.waiting_event where attempts = 0 and state = 'pending'") == 0;
  });
  run_every_command(day);
  day.settings["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "100ms";
  program worker("suivi-reconciler", {"run"}, day.settings);
  wait_until("sweeps", [&] { return day.shop.number("select count(*) from suivi.sweep") >= 6; });
  ask_every_endpoint(day, known, of_b);
  check_silent("answers", day.answers);
  check_silent("commands", day.printed);
  CHECK(contains(day.answers, "suivi_events_pending"));
  CHECK(contains(day.answers, "***")); // payloads were among them

  // The schema goes, the courier goes: errors of every kind.
  day.shop.execute("drop schema suivi cascade");
  CHECK(day.ask(request("POST", one + "?account=example-a", personal_event("R-after"))) < 500);
  day.courier.signal(SIGKILL);
  wait_until("the schema's return",
             [&] { return day.shop.value("select to_regclass('suivi.sweep') is not null") == "t"; });
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  day.receiver->signal(SIGTERM);
  CHECK(day.receiver->wait() == 0);
  check_silent("the receiver's log", day.receiver->log());
  check_silent("the reconciler's log", worker.log());
  check_silent("commands", day.printed);
  check_silent("answers", day.answers);
  day.settings["DATABASE_URL"] = "postgresql://nobody-there:example-password@127.0.0.1:1/shop";
  day.command("suivi-reconciler", {"sweep"});
  day.command("suivi-receiver", {"migrate"});
  day.command("suivi-receiver", {"--check-config"});
  check_silent("commands without a database", day.printed);
}
