// Shops and browsers that are not as one draws them: several couriers, many accounts, long names, no account,
// a clock that is wrong.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

namespace {

const std::string three_couriers =
    "m:example-key-1:Alger,g:example-key-2:Oran:guepex,n:example-key-3:Blida:nord_west";

// The texts that the filter of states offers.
std::string offered(browser& b) {
  return b.text("return [...document.querySelectorAll('main select')].at(-1).innerText");
}

// Fourteen more accounts, the first ones with names that nobody can break.
void add_accounts(const screen_shop& shop) {
  shop.db.execute(R"(
    insert into shipping_accounts ("id", "name", "companyId", "credentials", "baseUrl", "updatedAt")
    select 'more-' || n, case when n < 3 then repeat('Sans-espace', 12) || n else 'Compte ' || n end, a."companyId",
           '{"apiKey":"example-key-1"}', a."baseUrl", now()
    from generate_series(1, 14) n, (select * from shipping_accounts limit 1) a)");
  wait_until("all accounts",
             [&] { return shop.get_json("accounts").at("accounts").as_array().size() == 16; });
}

} // namespace

TEST_CASE(
    "orders are filtered by the states of the couriers that the shop has, and of one account by its own") {
  screen_shop shop(three_couriers, 60, 0);
  shop.sweep();
  browser b;
  sign_in(b, shop, "#/orders");
  b.await("[...document.querySelectorAll('main select')].at(-1).options.length > 60");
  auto all = offered(b);
  for (const char* state : {"DEMANDE DE RAMASSAGE", "SORTI EN LIVRAISON", "RETOUR REÇU PAR LE PARTENAIRE"})
    CHECK(all.find(state) != std::string::npos);
  for (const std::string account : {"g", "n"}) {
    go(b, "#/orders?account=" + account);
    b.await("[...document.querySelectorAll('main select')].at(-1).options.length < 40");
    CHECK(offered(b).find("DEMANDE DE RAMASSAGE") == std::string::npos);
  }
  auto state = shop.db.value(R"(select "shippingStatus" from orders where "shippingAccountId" = 'g'
                                and "shippingStatus" <> 'LIVRÉ' group by 1 order by count(*) desc limit 1)");
  go(b, "#/orders");
  b.run("const s = [...document.querySelectorAll('main select')].at(-1); s.value = arguments[0];"
        "s.dispatchEvent(new Event('change', { bubbles: true }))",
        {state});
  b.await("location.hash.includes('status=')");
  settle(b);
  CHECK(b.text("return document.querySelectorAll('tr[data-reference]').length.toString()") ==
        shop.db.value(R"(select least(25, count(*)) from orders where "shippingStatus" = ')" + state + "'"));
}

TEST_CASE("many accounts and long names leave every column where it can be seen, on a phone too") {
  screen_shop shop;
  add_accounts(shop);
  browser b;
  sign_in(b, shop);
  b.await("document.querySelectorAll('tr[data-account]').length === 12");
  CHECK(b.text_of("tr[data-all] a").find("16") != std::string::npos);
  CHECK(b.holds(
      "return [...document.querySelectorAll('.scroll')].every((e) => e.scrollWidth <= e.clientWidth + 1)"));
  go(b, "#/accounts/more-14");
  b.await("document.querySelector('[data-account=more-14]')?.getBoundingClientRect().bottom <= innerHeight");
  b.resize({360, 800, true});
  for (const std::string page : {"overview", "accounts", "sweeps", "orders", "webhooks"}) {
    CAPTURE(page);
    go(b, "#/" + page);
    b.await("document.querySelector('main h1')");
    CHECK(b.holds("return document.documentElement.scrollWidth <= innerWidth"));
  }
}

TEST_CASE("without an account the page says how to begin and what is wrong besides") {
  screen_shop shop;
  shop.db.execute(R"(update shipping_accounts set "isActive" = false; delete from suivi.reconciler)");
  shop.stop();
  shop.start();
  browser b;
  sign_in(b, shop);
  b.await("document.querySelector('.steps')");
  wait_until("the problem", [&] { return !shop.get_json("problems").at("problems").as_array().empty(); });
  b.await("document.querySelector('.todo li[data-kind=no_reconciler]')");
  go(b, "#/sweeps");
  b.await("document.querySelector('.run')");
  settle(b);
  CHECK_FALSE(b.holds("return Boolean(document.querySelector('.chart circle'))")); // nothing was swept
}

TEST_CASE("ages and days are the server's, whatever the browser's clock says") {
  screen_shop shop;
  shop.sweep();
  browser b;
  sign_in(b, shop);
  // A day and two hours behind, then ahead.
  for (const int hours : {-26, 26}) {
    b.run("window.Right = window.Right || Date; const ahead = arguments[0] * 3600e3; const Right = "
          "window.Right;"
          "window.Date = class extends Right {"
          "  constructor(...given) { if (given.length) super(...given); else super(Right.now() + ahead); }"
          "  static now() { return Right.now() + ahead; } }",
          {hours});
    go(b, "#/orders");
    go(b, "#/overview");
    b.await("document.querySelector('.facts time')");
    CAPTURE(hours);
    // Some seconds ago; the blank before the unit does not break.
    CHECK(b.holds("return /\\d\\ss$/.test(document.querySelector('.facts dd').innerText.trim())"));
    CHECK_FALSE(b.shows("[data-kpi=freshness] [data-tone=warn]"));
  }
}

TEST_CASE("the focus goes into what is opened where its list goes away, and comes back to its row") {
  screen_shop shop;
  browser b({360, 800, true});
  sign_in(b, shop, "#/orders");
  b.await("document.querySelectorAll('[data-list] a.row').length > 2");
  b.run("const row = document.querySelectorAll('[data-list] a.row')[2]; window.wanted = row.innerText; "
        "row.focus(); row.click()");
  b.await("document.activeElement?.matches('.detail h2')");
  b.press(key_escape);
  b.await("document.activeElement?.matches('a.row') && document.activeElement.innerText === window.wanted");
}

TEST_CASE("what waits for somebody is listed however old it is, and a text that was typed does not outlive "
          "its list") {
  screen_shop shop;
  shop.deliver_nonsense();
  browser b;
  sign_in(b, shop, "#/webhooks?outcome=quarantined");
  CHECK(b.text("return [...document.querySelectorAll('main select')].at(-1).value") == "all");
  b.click(".chip[data-outcome=all]");
  settle(b);
  go(b, "#/webhooks");
  CHECK(b.text("return [...document.querySelectorAll('main select')].at(-1).value") == "24h");
  go(b, "#/orders");
  b.type("[type=search]", "R1");
  b.await("location.hash.includes('query=R1')");
  go(b, "#/orders?view=untracked");
  CHECK(b.text("return document.querySelector('[type=search]').value").empty());
}
