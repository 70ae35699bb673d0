// Each trouble shows as a thing to do, under its name, and leaves by itself when it is mended.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

namespace {

std::string item(const std::string& kind) {
  return ".todo li[data-kind=" + kind + "]";
}

} // namespace

TEST_CASE("a webhook that is not understood is a thing to do until it is deleted") {
  screen_shop shop;
  shop.sweep();
  browser b;
  sign_in(b, shop);
  auto nonsense = shop.deliver_nonsense();
  b.await("document.querySelector(arguments[0])", {item("quarantined")});
  b.click(item("quarantined") + " .btn");
  b.await("location.hash.includes('outcome=quarantined') && document.querySelector('tr[data-event]')");
  CHECK(shop.operate("DELETE", "webhooks/events/" + nonsense).status == 200);
  go(b, "#/overview");
  b.await("document.querySelector('.todo') && !document.querySelector(arguments[0])", {item("quarantined")});
}

TEST_CASE("a key that the courier refuses makes deliveries late until it is accepted again") {
  screen_shop shop;
  shop.sweep();
  shop.courier_set(R"({"refused_tokens":["example-key-1"]})");
  CHECK_FALSE(shop.operate("POST", "accounts/example-a/test").at("/success") == true);
  browser b;
  sign_in(b, shop);
  b.await("document.querySelector(arguments[0])", {item("key_refused")});
  CHECK(b.text("return document.querySelector('[data-verdict]').dataset.verdict") == "late");
  CHECK(b.text_of("h1").find("Plus à jour depuis") != std::string::npos);
  b.picture("overview-late");
  shop.courier_set(R"({"refused_tokens":[]})");
  b.click(item("key_refused") + " .btn");
  b.await("!document.querySelector(arguments[0])", {item("key_refused")});
  b.await("document.querySelector('.notice')?.innerText.includes('la clé est acceptée')");
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
  b.await("document.querySelector(arguments[0])", {item("no_reconciler")});
  CHECK(b.text_of(item("no_reconciler")).find("systemctl status suivi-reconciler") != std::string::npos);
  shop.start_reconciler();
  b.await("!document.querySelector(arguments[0])", {item("no_reconciler")});
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
  b.await("document.querySelector(arguments[0])", {item("untracked")});
  CHECK(b.text_of("h1 > span:last-child") == "À jour, sauf 1 commande");
  b.click("[data-kpi=untracked]");
  b.await("document.querySelectorAll('tr[data-reference]').length === 1");
  CHECK(b.text("return document.querySelector('tr[data-reference]').dataset.reference") == "R1");
  http_post(
      shop.courier_url + "/control/orders",
      R"({"account":"example-a","uuid":"found-1","status":31,"reference":"R1","tracking":"T-1","known":true})");
  shop.sweep();
  go(b, "#/overview");
  b.await("document.querySelector('.todo') && !document.querySelector(arguments[0])", {item("untracked")});
}
