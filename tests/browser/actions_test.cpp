// What a person can do from the screen: each action answers in place, and what writes much or deletes asks
// first.
#include "tests/browser/screen_shop.hpp"
#include "tests/support/builders.hpp"

using namespace suivi::test;

TEST_CASE("a replay shows first what it would change and writes nothing, then does it") {
  screen_shop shop;
  auto id = shop.push("LATER", 31);
  shop.await(id, "parked");
  add_order(shop.db, "later", "LATER", "'example-a'");
  browser b;
  sign_in(b, shop, "#/webhooks/" + id);
  b.await("document.querySelector('tr[data-event] input')");
  b.click("tr[data-event] input");
  b.click(".bulk .btn");
  b.await("document.querySelector('dialog[open] [data-outcome=applied]')");
  // The parked one may have been found by the receiver itself meanwhile: then the dry run says that nothing
  // would change.
  CHECK(
      b.text("const n = (o) => Number(document.querySelector(`dialog [data-outcome=${o}]`)?.dataset.n ?? 0); "
             "return (n('applied') + n('unchanged')).toString()") == "1");
  CHECK(b.text_of("dialog footer .btn.main") == "Rejouer 1 webhook");
  CHECK(b.text_of("dialog h2") == "Rejouer 1 webhook");
  b.picture("replay");
  b.click("dialog footer .btn.main");
  b.await("document.querySelector('.notice')?.innerText.startsWith('1 webhook rejoué')");
  b.await("!document.querySelector('dialog')");
  CHECK(shop.db.value(R"(select "shippingStatus" from orders where "reference" = 'LATER')") == "EXPÉDIÉ");
}

TEST_CASE("a dialog keeps the focus, Escape closes it, and the focus is back where it was") {
  screen_shop shop;
  shop.deliver("R1", 31);
  browser b;
  sign_in(b, shop, "#/webhooks");
  b.await("document.querySelector('tr[data-event]')");
  b.run("[...document.querySelectorAll('.head .btn')].at(-1).focus()");
  b.press(key_enter);
  b.await("document.querySelector('dialog[open] [data-outcome]')");
  for (int tabs = 0; tabs < 6; ++tabs) {
    b.press(key_tab);
    CHECK(b.holds("const a = document.activeElement; return a === document.body || "
                  "document.querySelector('dialog').contains(a)"));
  }
  b.press(key_escape);
  b.await("!document.querySelector('dialog')");
  CHECK(b.holds("return document.activeElement === [...document.querySelectorAll('.head .btn')].at(-1)"));
}

TEST_CASE("a webhook is deleted only after its dialog, and one that comes again is known") {
  screen_shop shop;
  auto id = shop.deliver("R1", 31);
  browser b;
  sign_in(b, shop, "#/webhooks/" + id);
  b.click(".detail .btn.danger");
  b.await("document.querySelector('dialog[open]')");
  CHECK(b.text_of("dialog h2") == "Supprimer 1 webhook");
  CHECK(shop.db.number("select count(*) from suivi.inbox") == 1);
  b.click("dialog footer .btn.danger");
  b.await("!document.querySelector('dialog')");
  b.await("!document.querySelector('tr[data-event]')");
  CHECK(shop.db.number("select count(*) from suivi.inbox") == 0);
  b.await("document.querySelector('.notice')?.innerText.startsWith('1 webhook supprimé.')");
}

TEST_CASE("a webhook that is tried again answers in place") {
  screen_shop shop;
  auto id = shop.deliver("R1", 31);
  browser b;
  sign_in(b, shop, "#/webhooks/" + id);
  b.click(".detail .btn.main");
  b.await("document.querySelector('.notice')?.innerText.includes('Réessayé : déjà su.')");
}

TEST_CASE("a sweep is started from the screen, is watched, and is complete in the end") {
  screen_shop shop(two_accounts, 200, 3);
  shop.courier_set(R"({"latency_ms":150})");
  shop.start_reconciler();
  wait_until("both accounts complete", [&] {
    return shop.db.number("select count(*) from suivi.sweep where verdict = 'complete' and kind = 'full'") >=
           2;
  });
  browser b;
  sign_in(b, shop, "#/sweeps");
  b.await("document.querySelectorAll('tr[data-sweep]').length >= 1");
  b.await("document.querySelector('[data-schedule]')?.innerText === "
          "'Chaque jour à 00:00, 06:00, 12:00 et 18:00 (Africa/Algiers).'");
  b.click(".head .btn.main");
  b.await("document.querySelector('dialog[open]')");
  b.click("dialog footer .btn.main");
  b.await("document.querySelector('.notice')?.innerText.startsWith('Synchronisation demandée')");
  b.await("document.querySelector('.running progress')");
  b.picture("sweeps-running");
  wait_until("two more complete sweeps", [&] {
    return shop.db.number("select count(*) from suivi.sweep where verdict = 'complete' and kind = 'full'") >=
           4;
  });
  b.await("!document.querySelector('.running progress')");
}

TEST_CASE("the courier is asked for an order and what it says stands beside it") {
  screen_shop shop;
  shop.sweep();
  auto reference = shop.db.value(R"(select "reference" from orders where "trackingNumber" <> '' limit 1)");
  browser b;
  sign_in(b, shop, "#/orders/" + reference);
  b.click(".detail .btn.main");
  b.await("document.querySelector('.answer')?.innerText.startsWith('Maystro confirme : ')");
  go(b, "#/orders/R1");
  b.await("document.querySelector('.detail h2').innerText.startsWith('R1')");
  b.click(".detail .btn.main");
  b.await("document.querySelector('.answer')?.innerText === 'Maystro ne connaît pas cette commande.'");
}

TEST_CASE("a key is tested from the accounts page, and the answer is the courier's") {
  screen_shop shop;
  browser b;
  sign_in(b, shop, "#/accounts");
  b.click("[data-account=example-a] .actions .btn");
  b.await(
      "document.querySelector('[data-account=example-a] .answer')?.innerText === 'Maystro accepte la clé.'");
  shop.courier_set(R"({"refused_tokens":["example-key-1"]})");
  b.click("[data-account=example-a] .actions .btn");
  b.await("document.querySelector('[data-account=example-a] .answer')?.innerText.startsWith('Maystro "
          "n’accepte pas la clé.')");
}
