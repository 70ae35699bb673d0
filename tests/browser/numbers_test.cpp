// Every number that the screen shows is a link to what it counts, and there is so much there as it says.
#include "tests/browser/screen_shop.hpp"

#include <set>

using namespace suivi::test;

namespace {

// Something on every page: of each account orders with number and without, on their way, delivered and
// alerted; webhooks of each outcome, one of them of some days ago.
void fill(screen_shop& shop) {
  auto old = shop.push_raw(R"({"hello":"of days ago"})");
  shop.db.execute(R"(
    do $$
    declare
      day date := (now() at time zone 'UTC')::date - 3;
    begin
      execute format('create table suivi.%I partition of suivi.inbox for values from (%L) to (%L)',
                     'inbox_' || to_char(day, 'YYYYMMDD'), day, day + 1);
      execute format('create table suivi.%I partition of suivi.event_outcome for values from (%L) to (%L)',
                     'event_outcome_' || to_char(day, 'YYYYMMDD'), day, day + 1);
    end $$;
    update suivi.inbox set stored_on = stored_on - 3, received_at = received_at - interval '3 days' where id = )" +
                  std::string(old.at("id").as_string()));
  shop.deliver("R1", 31);
  shop.deliver("R2", 41);
  shop.deliver("R3", 32);
  shop.deliver_nonsense();
  auto parked = shop.push("NOBODY-1", 31);
  shop.await(parked, "parked");
  shop.sweep();
  for (int i = 0; i < 2; ++i) { // two parcels go on, and nobody tells
    auto uuid =
        shop.db.value("select uuid from suivi.parcel where account = 'example-a' and order_id is not null and"
                      " status not in (32, 41) order by reference offset " +
                      std::to_string(i) + " limit 1");
    auto moved =
        http_post(shop.courier_url + "/control/orders/" + uuid + "/status", R"({"status":32,"push":false})");
    REQUIRE(moved.status == 200);
  }
  shop.sweep();
  shop.db.execute(R"(
    update orders set "status" = 'SHIPPED', "createdAt" = now() at time zone 'UTC' - interval '9 hours'
    where coalesce("trackingNumber", '') = '' or "reference" in ('R1', 'R2');
    update orders set "shippingAccountId" = null where "reference" = 'R2';
    update suivi.parcel set pulled_at = now() - interval '2 days'
    where order_id in (select "id" from orders where "shippingAccountId" = 'example-b' limit 3))");
  auto accounts = shop.get_json("accounts");
  CHECK(accounts.at("accounts").as_array().size() == 2);
}

// There already: nothing would be asked.
void show(browser& b, const std::string& address) {
  if (b.text("return location.hash") != address) go(b, address);
}

// How many rows the list there has, to its end.
std::string rows_at(browser& b, const std::string& address) {
  show(b, "#/" + address.substr(address.find('/') + 1));
  b.await("document.querySelector('[data-list] tbody tr, .panel.list .blank')");
  while (b.holds("return Boolean(document.querySelector('.foot-row button'))")) {
    b.run("window.rows = document.querySelectorAll('[data-list] tbody tr').length;"
          "document.querySelector('.foot-row button').click()");
    b.await("document.querySelectorAll('[data-list] tbody tr').length > window.rows && "
            "!document.querySelector('.foot-row button:disabled')");
  }
  return b.text("return document.querySelectorAll('[data-list] tbody tr').length.toString()");
}

} // namespace

TEST_CASE("each linked number of each page has so many rows behind it") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop);
  std::size_t compared = 0;
  for (const std::string page : {"overview", "accounts"}) {
    go(b, "#/" + page);
    b.await("document.querySelector('main [data-account]')");
    auto links = b.run("return [...document.querySelectorAll('main a[data-count]')].map((a) => "
                       "[a.getAttribute('href'), a.dataset.count, a.innerText])");
    for (const json::value& link : links.as_array()) {
      std::string address(link.at(0).as_string());
      std::string said(link.at(2).as_string());
      CAPTURE(page);
      CAPTURE(address);
      CAPTURE(said);
      CHECK(rows_at(b, address) == std::string(link.at(1).as_string()));
      ++compared;
    }
  }
  CHECK(compared >= 20);
}

TEST_CASE("a sweep's figures that count orders lead to them, and no other looks as if it did") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop);
  auto last = shop.db.value("select max(id) from suivi.sweep where account = 'example-a'");
  std::set<std::string> figures;
  for (const std::string& page : {std::string("#/sweeps"), "#/sweeps/" + last}) {
    go(b, page);
    b.await("document.querySelector('main [data-list=sweeps] tbody tr')");
    auto links = b.run("return [...document.querySelectorAll('main a[data-count]')].map((a) => "
                       "[a.getAttribute('href'), a.dataset.count])");
    CHECK(b.text("return document.querySelectorAll('main [data-list=sweeps] td b').length.toString()") ==
          "0");
    for (const json::value& link : links.as_array()) {
      std::string address(link.at(0).as_string());
      CAPTURE(address);
      CHECK(rows_at(b, address) == std::string(link.at(1).as_string()));
      figures.insert(address.substr(address.find("counted=")));
    }
  }
  CHECK(figures.contains("counted=missedByWebhook"));
  CHECK(figures.contains("counted=statusChanged"));
}

TEST_CASE("each number beside a view or an outcome is that of its list") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop);
  for (const std::string page : {"orders", "webhooks"}) {
    go(b, "#/" + page);
    b.await("document.querySelector('main .chip[data-n]')");
    auto chips = b.run("return [...document.querySelectorAll('main .chip[data-n]')].map((c) => "
                       "[c.dataset.view ?? c.dataset.outcome, "
                       "c.dataset.n])");
    CHECK(chips.as_array().size() >= 4);
    for (const json::value& chip : chips.as_array()) {
      std::string name(chip.at(0).as_string());
      CAPTURE(page);
      CAPTURE(name);
      show(b, "#/" + page);
      // What the list before had is none of this one's; where it is chosen already nothing is asked.
      b.run("const chip = [...document.querySelectorAll('main .chip')]"
            ".find((c) => (c.dataset.view ?? c.dataset.outcome) === arguments[0]);"
            "if (chip.getAttribute('aria-pressed') === 'true') return;"
            "delete document.body.dataset.ready; chip.click()",
            {name});
      settle(b);
      CHECK(rows_at(b, b.text("return location.hash")) == std::string(chip.at(1).as_string()));
    }
  }
}

TEST_CASE("no number stands amid words that leads nowhere") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop);
  for (const std::string page : {"overview", "orders", "webhooks", "sweeps", "accounts"}) {
    CAPTURE(page);
    go(b, "#/" + page);
    b.await("document.querySelector('main [data-account], main [data-list]')");
    // Times, ages and limits are no counts; a heading's and a list's own number is of what stands below or
    // above it; a row leads to what it says, and a chart's numbers are in its marks.
    CHECK(b.text(R"(
      const found = [];
      const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
      for (let text; (text = walk.nextNode()); ) {
        const e = text.parentElement;
        if (!/\d/.test(text.data) || !e.checkVisibility() || e.closest('a, button, time, svg, select, .ltr, .mono, details, tr.pick, .when, header, .todo h2, .foot-row')) continue;
        const rest = text.data.replace(/\d\d:\d\d|\d+ [a-zéû]+\.,|24\sh/g, '');
        if (!/\d/.test(rest)) continue;
        found.push(`${e.className} ${e.closest('[class]')?.className}: ${text.data}`);
      }
      return found)") == "[]");
  }
}
