// Coming in and going out: the token, its wrong ones, and what a stranger's page may do.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

TEST_CASE("the right token opens the screen, and who is signed out sees nothing") {
  screen_shop shop;
  browser b;
  b.open(shop.base + "/");
  b.await("document.activeElement?.type === 'password'"); // one may type at once
  CHECK(b.text_of("h1") == "Ouvrir le tableau de bord");
  CHECK(b.text("return document.title") == "Ouvrir le tableau de bord – Suivi");
  b.picture("sign-in");
  b.press("example-admin" + key_enter);
  b.await("document.querySelector('[data-verdict]')");
  CHECK(b.text("return document.cookie").empty()); // no script can read it
  b.click(".side .tools button:last-child");
  b.await("document.querySelector('form input[type=password]')");
  CHECK(b.text("return document.querySelector('form input[type=password]').value")
            .empty()); // whoever comes next is a stranger
  CHECK_FALSE(b.shows(".shell"));
  b.open(shop.base + "/#/orders");
  b.await("document.querySelector('form input[type=password]')");
  CHECK(b.complaints().empty());
}

TEST_CASE("a wrong token is told how many tries are left, and in the end to wait") {
  screen_shop shop;
  browser b;
  b.open(shop.base + "/");
  b.type("form input[type=password]", "wrong" + key_enter);
  b.await("document.querySelector('.err').innerText.includes('Encore 9 essais')");
  for (int tries = 0; tries < 10; ++tries)
    ask("POST", shop.base + "/api/v1/session", "", R"({"token":"wrong"})");
  b.type("form input[type=password]", "wrong" + key_enter);
  b.await("document.querySelector('.err').innerText.startsWith('Trop d’essais. Attendez')");
  CHECK_FALSE(b.shows(".shell"));
}

TEST_CASE("a page of another origin can do nothing with the session") {
  screen_shop shop;
  browser b;
  sign_in(b, shop);
  auto answer = b.text("return fetch('/api/v1/sweeps', {method: 'POST', headers: {'Content-Type': "
                       "'application/json'}, body: '{}'})"
                       ".then((r) => r.status)");
  CHECK(answer != "403"); // from here it may
  // The same host at another port is another origin, and its page sends the cookie along.
  browser& stranger = b;
  stranger.open(shop.courier_url + "/control/settings");
  auto refused = stranger.text(
      "return fetch(arguments[0] + '/api/v1/sweeps', {method: 'POST', mode: 'no-cors', credentials: "
      "'include', "
      "headers: {'Content-Type': 'text/plain'}, body: '{}'}).then((r) => r.type, () => 'refused')",
      {shop.base});
  CHECK((refused == "opaque" || refused == "refused"));
  CHECK(shop.db.number("select count(*) from suivi.sweep_request") == 0);
}
