// What the screen says is what is so: its figures against the database and the courier's stand-in.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

namespace {

std::string figure(browser& b, const std::string& selector) {
  return b.text("return document.querySelector(arguments[0])?.dataset.n ?? ''", {selector});
}

} // namespace

TEST_CASE("after a full sweep the overview counts what the database and the courier have") {
  screen_shop shop(two_accounts, 40, 3);
  shop.deliver("R1", 31);
  shop.deliver_nonsense();
  shop.sweep();
  browser b;
  sign_in(b, shop);
  b.await("document.querySelector('[data-kpi=coverage]')");
  auto tracked = shop.db.value(R"(select count(*) from orders where coalesce("trackingNumber", '') <> ''
                                  and "shippingAccountId" is not null)");
  CHECK(figure(b, "[data-kpi=coverage]") == tracked);
  // What a sample counted before the sweep is counted anew after it.
  b.await("document.querySelector('[data-kpi=untracked]').dataset.n === '0'");
  b.await("document.querySelectorAll('tr[data-account]').length === 2");
  // The marks of the chart are the webhooks that were sent.
  b.await("document.querySelectorAll('.chart rect[data-n]').length > 0");
  CHECK(b.text("return [...document.querySelectorAll('.chart rect[data-n]')].reduce((n, r) => n + "
               "Number(r.dataset.n), 0)"
               ".toString()") == shop.db.value("select count(*) from suivi.inbox"));
  CHECK(
      figure(b, "[data-kpi=freshness]") ==
      shop.db.value("select count(distinct order_id) from suivi.parcel where open and order_id is not null"));
  CHECK(b.text_of("[data-waiting=quarantined] b") == "1");
}

TEST_CASE("every number of the overview is a link to what it counts") {
  screen_shop shop;
  shop.deliver_nonsense();
  shop.sweep();
  browser b;
  sign_in(b, shop);
  b.await("document.querySelector('[data-waiting=quarantined]')");
  b.click("[data-waiting=quarantined]");
  b.await("document.querySelectorAll('tr[data-event]').length === 1");
  CHECK(b.text_of("tr[data-event] .badge") == "non compris");
  go(b, "#/overview");
  for (const std::string id : {"coverage", "untracked", "freshness", "missed"}) {
    CAPTURE(id);
    CHECK(
        b.text("return document.querySelector(arguments[0]).getAttribute('href')", {"[data-kpi=" + id + "]"})
            .starts_with("#/"));
  }
}

TEST_CASE(
    "what there is to do about orders leads to these orders alone, and no other list's numbers stand there") {
  screen_shop shop;
  shop.db.execute(R"(update orders set "shippingAccountId" = null where "reference" in ('R1', 'R2');
    update orders set "shippingAccountId" = null
    where "id" = (select min("id") from orders where "shippingAccountId" = 'example-b'))");
  shop.sweep(); // which matches all but these two
  browser b;
  sign_in(b, shop);
  b.click(".todo li[data-kind=orders_without_account] .btn");
  b.await("document.querySelectorAll('tr[data-reference]').length === 2");
  CHECK(b.text_of("[data-view=unassigned]") == "Sans compte");
  b.click("[data-view=unassigned]");
  auto all = shop.db.value(R"(select count(*) from orders where "shippingAccountId" is null)");
  b.await("document.querySelectorAll('tr[data-reference]').length === Number(arguments[0])", {all});
  CHECK(b.text("return document.querySelector('[data-view=unassigned]').dataset.n") == all);
}

TEST_CASE("orders are found by reference, by its beginning and by tracking number, and an unknown one is "
          "said to be none") {
  screen_shop shop;
  shop.sweep();
  auto reference = shop.db.value(R"(select "reference" from orders where "trackingNumber" <> '' limit 1)");
  auto tracking =
      shop.db.value(R"(select "trackingNumber" from orders where "reference" = ')" + reference + "'");
  browser b;
  sign_in(b, shop, "#/orders");
  CHECK(b.text("return document.querySelectorAll('tr[data-reference]').length.toString()") == "25");
  CHECK(figure(b, "[data-view=all]") == shop.db.value("select count(*) from orders"));
  for (const std::string& text : {reference, tracking}) {
    b.run("document.querySelector('[type=search]').value = ''");
    b.type("[type=search]", text);
    b.await("document.querySelectorAll('tr[data-reference]').length === 1");
    CHECK(b.text("return document.querySelector('tr[data-reference]').dataset.reference") == reference);
  }
  b.run("document.querySelector('[type=search]').value = ''");
  b.type("[type=search]", "no such order");
  b.await("document.querySelector('.blank')");
  CHECK(b.text_of(".blank h3") == "Aucune commande ne correspond");
}

TEST_CASE(
    "an order shows its number, its state and all it went through, and links to the webhook that told it") {
  screen_shop shop;
  auto id = shop.deliver("R1", 31);
  browser b;
  sign_in(b, shop, "#/orders/R1");
  b.await("document.querySelector('.detail ol.line li')");
  CHECK(b.text_of(".detail h2 .badge") == "EXPÉDIÉ");
  CHECK(b.text_of(".detail .line").find("EXPÉDIÉ") != std::string::npos);
  b.click(".detail .line a");
  b.await("document.querySelector('.detail h2 .badge')?.innerText === 'appliqué'");
  CHECK(b.text("return location.hash") == "#/webhooks/" + id);
  CHECK(b.text_of(".detail pre").find("external_order_id") != std::string::npos);
}

TEST_CASE("a sweep is in the history with its figures") {
  screen_shop shop;
  shop.sweep();
  browser b;
  sign_in(b, shop, "#/sweeps");
  b.await("document.querySelectorAll('tr[data-sweep]').length === 2");
  CHECK(b.text_of("tr[data-sweep] .badge").find("Complète") != std::string::npos);
  b.click("tr[data-sweep] a.row");
  b.await("document.querySelector('.detail dl')");
  auto sweep = b.text("return location.hash.split('/').pop()");
  auto fetched = shop.db.value("select fetched from suivi.sweep where id = " + sweep);
  CHECK(b.text_of(".detail dl").find(fetched) != std::string::npos);
  // Of the account's changes a sweep found three that webhooks had not told, beside nine that they had.
  shop.db.execute(
      R"(update suivi.sweep set missed_by_webhook = 3, finished_at = now() - interval '1 hour', account = 'example-a',
                            started_at = now() - interval '1 hour' + id * interval '1 second';
    insert into suivi.sweep (id, account, account_name, kind, term, owner, started_at, finished_at, verdict, missed_by_webhook)
    overriding system value select 90, account, account_name, 'full', term, owner, now(), now(), 'complete', 3 from suivi.sweep limit 1;
    delete from suivi.sample;
    insert into suivi.sample (account, at, orders, tracked, untracked, unknown, open, told, alerted, unchecked)
    values ('example-a', now() - interval '10 minutes', 4, 3, 0, 0, 0, 9, 0, 0))");
  go(b, "#/sweeps");
  b.await("document.querySelector('tr[data-sweep=\"90\"]')");
  CHECK(b.text_of("tr[data-sweep=\"90\"] .share").find("25,0") != std::string::npos);
  go(b, "#/accounts");
  b.await("document.querySelector('[data-account=example-a] .bar')");
  const std::string bar = "const b = document.querySelector('[data-account=example-a] .bar'); ";
  CHECK(b.text(bar + "return b.firstChild.style.width") == b.text(bar + "return `${b.dataset.share}%`"));
}
