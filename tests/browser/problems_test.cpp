// Each trouble shows as a thing to do on the screen, in doctor, in an alert and in the runbook, under one
// name, and leaves by itself when it is mended.
#include "tests/browser/screen_shop.hpp"

#include <fstream>
#include <sstream>

using namespace suivi::test;

namespace {

std::string item(const std::string& kind) {
  return ".todo li[data-kind=" + kind + "]";
}

std::string paper(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(std::string(SUIVI_ROOT) + "/" + name).rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

// The size of the gauge that the alert of that kind watches, over all accounts.
double gauge(const screen_shop& shop, const std::string& kind) {
  std::istringstream lines(http_get(shop.base + "/metrics").body);
  double largest = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("suivi_problems{") && line.find("kind=\"" + kind + "\"") != std::string::npos)
      largest = std::max(largest, std::stod(line.substr(line.rfind(' '))));
  return largest;
}

// What doctor says under that name, the worst of it.
std::string diagnosis(const screen_shop& shop, const std::string& kind) {
  auto doctor = run_program("suivi-reconciler", {"doctor", "--json"}, shop.environment);
  CAPTURE(doctor.log);
  std::string worst;
  const json::value said = json::parse(doctor.output);
  for (const json::value& check : said.at("checks").as_array()) {
    if (std::string(check.at("name").as_string()) != kind) continue;
    std::string result(check.at("result").as_string());
    if (worst.empty() || worst == "PASS" || result == "FAIL") worst = result;
  }
  return worst;
}

void is_known_everywhere(browser& b, const screen_shop& shop, const std::string& kind) {
  CAPTURE(kind);
  b.await("document.querySelector(arguments[0])", {item(kind)});
  wait_until("the gauge of " + kind, [&] { return gauge(shop, kind) > 0; });
  std::string said = diagnosis(shop, kind);
  CHECK((said == "WARN" || said == "FAIL"));
  CHECK(paper("deploy/alerts.yaml").find("suivi_problems{kind=\"" + kind + "\"}) > 0") != std::string::npos);
  CHECK(paper("deploy/RUNBOOK.md").find("\n## " + kind + "\n") != std::string::npos);
}

void is_gone_everywhere(browser& b, const screen_shop& shop, const std::string& kind) {
  CAPTURE(kind);
  b.await("document.querySelector('.todo') && !document.querySelector(arguments[0])", {item(kind)});
  wait_until("the gauge of " + kind + " is 0", [&] { return gauge(shop, kind) == 0; });
  CHECK(diagnosis(shop, kind) != "FAIL");
  CHECK(diagnosis(shop, kind) != "WARN");
}

} // namespace

TEST_CASE("a webhook that is not understood is a thing to do until it is deleted") {
  screen_shop shop;
  shop.sweep();
  browser b;
  sign_in(b, shop);
  auto nonsense = shop.deliver_nonsense();
  is_known_everywhere(b, shop, "quarantined");
  b.click(item("quarantined") + " .btn");
  b.await("location.hash.includes('outcome=quarantined') && document.querySelector('tr[data-event]')");
  CHECK(shop.operate("DELETE", "webhooks/events/" + nonsense).status == 200);
  go(b, "#/overview");
  is_gone_everywhere(b, shop, "quarantined");
}

TEST_CASE("a key that the courier refuses makes deliveries late until it is accepted again") {
  screen_shop shop;
  shop.sweep();
  shop.courier_set(R"({"refused_tokens":["example-key-1"]})");
  CHECK_FALSE(shop.operate("POST", "accounts/example-a/test").at("/success") == true);
  browser b;
  sign_in(b, shop);
  is_known_everywhere(b, shop, "key_refused");
  CHECK(b.text("return document.querySelector('[data-verdict]').dataset.verdict") == "late");
  CHECK(b.text_of("h1").find("Plus à jour depuis") != std::string::npos);
  b.picture("overview-late");
  shop.courier_set(R"({"refused_tokens":[]})");
  b.click(item("key_refused") + " .btn");
  b.await("!document.querySelector(arguments[0])", {item("key_refused")});
  b.await("document.querySelector('.notice')?.innerText.includes('la clé est acceptée')");
  is_gone_everywhere(b, shop, "key_refused");
}

TEST_CASE("a reconciler that stopped is a thing to do until it is back") {
  screen_shop shop;
  shop.start_reconciler();
  wait_until("both accounts complete", [&] {
    return shop.db.number("select count(*) from suivi.sweep where verdict = 'complete' and kind = 'full'") >=
           2;
  });
  browser b;
  sign_in(b, shop);
  b.await("document.querySelector('.todo')");
  CHECK_FALSE(b.shows(item("no_reconciler")));
  shop.reconciler->signal(SIGTERM);
  shop.reconciler->wait();
  is_known_everywhere(b, shop, "no_reconciler");
  CHECK(b.text_of(item("no_reconciler")).find("systemctl status suivi-reconciler") != std::string::npos);
  shop.start_reconciler();
  is_gone_everywhere(b, shop, "no_reconciler");
}

TEST_CASE(
    "an order that stays without number is a thing to do, is listed, and leaves once the courier knows it") {
  screen_shop shop;
  shop.db.execute(
      R"(update orders set "createdAt" = now() - interval '7 hours', "status" = 'CONFIRMED' where "reference" = 'R1')");
  shop.start_reconciler();
  wait_until("both accounts complete", [&] {
    return shop.db.number("select count(*) from suivi.sweep where verdict = 'complete' and kind = 'full'") >=
           2;
  });
  browser b;
  sign_in(b, shop);
  is_known_everywhere(b, shop, "untracked");
  CHECK(b.text_of("h1 > span:last-child") == "À jour, sauf 1 commande");
  b.click("[data-kpi=untracked]");
  b.await("document.querySelectorAll('tr[data-reference]').length === 1");
  CHECK(b.text("return document.querySelector('tr[data-reference]').dataset.reference") == "R1");
  http_post(
      shop.courier_url + "/control/orders",
      R"({"account":"example-a","uuid":"found-1","status":31,"reference":"R1","tracking":"T-1","known":true})");
  shop.sweep();
  go(b, "#/overview");
  is_gone_everywhere(b, shop, "untracked");
}

TEST_CASE("an account whose webhooks have stopped is a thing to do until one comes") {
  screen_shop shop("example-a:example-key-1:Alger");
  shop.sweep();
  shop.db.execute("update suivi.account set webhook_heard_at = now() - interval '7 hours';"
                  "update suivi.sweep set missed_by_webhook = 3");
  browser b;
  sign_in(b, shop);
  is_known_everywhere(b, shop, "webhooks_silent");
  b.picture("overview-silent");
  shop.deliver("R1", 31);
  is_gone_everywhere(b, shop, "webhooks_silent");
}
