// Every page in every language, light and dark, wide and on a phone; by keyboard; without a word to anybody
// else.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

namespace {

const std::vector<std::string> pages{"overview", "orders", "webhooks", "sweeps", "accounts"};

// A shop with something on every page.
void fill(screen_shop& shop) {
  shop.deliver("R1", 31);
  shop.deliver("R2", 41);
  shop.deliver_nonsense(); // not understood
  shop.sweep();
}

bool is_at_home(const std::string& address, const screen_shop& shop) {
  return address.starts_with(shop.base + "/") || address.starts_with("data:") ||
         address.starts_with("chrome") || address.starts_with("about:");
}

} // namespace

TEST_CASE("every page speaks three languages, each from its side, with no word missing") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop);
  for (const std::string language : {"fr", "en", "ar"}) {
    b.run("localStorage.setItem('language', arguments[0]); location.reload()", {language});
    b.await("document.documentElement.lang === arguments[0] && document.querySelector('.shell') && "
            "document.body.dataset.ready",
            {language});
    CHECK(b.text("return document.documentElement.dir") == (language == "ar" ? "rtl" : "ltr"));
    for (const std::string& page : pages) {
      CAPTURE(language);
      CAPTURE(page);
      go(b, "#/" + page);
      b.await("document.querySelector('main h1')");
      CHECK(b.text("return ((await import('/assets/js/app.js')).i18n).missingWords()") == "[]");
      b.picture(page + "-" + language);
    }
  }
  CHECK(b.complaints().empty());
}

TEST_CASE("the three languages have the same words, and each form of Arabic falls to one that is there") {
  screen_shop shop;
  browser b;
  b.open(shop.base + "/");
  auto wrong = b.text(
      R"(
    const words = {};
    for (const id of ['fr', 'en', 'ar']) words[id] = (await import(`/assets/lang/${id}.js`)).default;
    const wrong = [];
    for (const id of ['en', 'ar']) {
      const { st, ...own_words } = words[id]; // the couriers' words are French
      const own = Object.keys(own_words);
      for (const k of Object.keys(words.fr)) if (!own.includes(k)) wrong.push(`${id} lacks ${k}`);
      for (const k of own) if (!(k in words.fr)) wrong.push(`${id} has ${k} alone`);
    }
    const own = arguments[0].split(' ').map((label) => `own.${label}`).sort().join();
    if (Object.keys(words.fr).filter((k) => k.startsWith('own.')).sort().join() !== own) wrong.push('other orders\' own statuses');
    const statuses = (id) => Object.keys(words[id].st).sort().join();
    if (statuses('en') !== statuses('ar')) wrong.push('other statuses');
    const holes = (word) => [...new Set((typeof word === 'string' ? [word] : Object.values(word)).flatMap((w) => w.match(/\{\w+\}/g) ?? []))].sort().join();
    for (const [id, all] of Object.entries(words))
      for (const [k, word] of Object.entries(all)) {
        if (k === 'st') continue;
        if (typeof word === 'object' && !word.other) wrong.push(`${id} ${k} has no form for all other numbers`);
        if (holes(word) !== holes(words.fr[k]) ) wrong.push(`${id} ${k} puts in other things`);
      }
    return wrong;
  )",
      {shop.db.value(
          "select string_agg(enumlabel, ' ') from pg_enum where enumtypid = '\"OrderStatus\"'::regtype")});
  CHECK(wrong == "[]");
}

TEST_CASE("light and dark are the reader's choice and are kept") {
  screen_shop shop;
  browser b;
  sign_in(b, shop);
  CHECK(b.text("return document.documentElement.dataset.theme") == "light");
  b.click(".side .tools button");
  CHECK(b.text("return document.documentElement.dataset.theme") == "dark");
  b.run("location.reload()");
  b.await("document.querySelector('.shell') && document.body.dataset.ready");
  CHECK(b.text("return document.documentElement.dataset.theme") == "dark");
  b.picture("overview-dark");
}

TEST_CASE(
    "on a phone nothing scrolls sideways, what is touched is large, and the verdict fits the first screen") {
  screen_shop shop;
  fill(shop);
  browser b({360, 800, true});
  sign_in(b, shop);
  CHECK(
      b.holds("return document.querySelector('.verdict .say').getBoundingClientRect().bottom < innerHeight"));
  for (const std::string& page : pages) {
    CAPTURE(page);
    go(b, "#/" + page);
    b.await("document.querySelector('main h1')");
    CHECK(b.holds("return document.documentElement.scrollWidth <= innerWidth"));
    CHECK(b.text("return [...document.querySelectorAll('main .scroll')].filter((e) => e.scrollWidth > "
                 "e.clientWidth + 1)"
                 ".map((e) => e.innerText.slice(0, 60))") == "[]");
    CHECK(b.text("return [...document.querySelectorAll('button, .btn, nav.side a, main select')]"
                 ".filter((e) => e.getClientRects().length && !e.closest('.tools'))"
                 ".filter((e) => e.getBoundingClientRect().height < 39.5).map((e) => e.outerHTML.slice(0, "
                 "120))") == "[]");
    b.picture(page + "-phone");
  }
}

TEST_CASE("the page talks to its own host only, and its console stays silent") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop);
  for (const std::string& page : pages) go(b, "#/" + page);
  for (const std::string& address : b.requests()) {
    CAPTURE(address);
    CHECK(is_at_home(address, shop));
  }
  for (const std::string& line : b.complaints()) CHECK(line == "");
}

TEST_CASE("keys walk a list, open a row, close it, find an order and list themselves") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop, "#/webhooks");
  b.await("document.querySelectorAll('[data-list] a.row').length >= 3");
  b.press("j");
  b.press("j");
  CHECK(b.holds("return document.activeElement === document.querySelectorAll('[data-list] a.row')[1]"));
  b.press("k");
  CHECK(b.holds("return document.activeElement === document.querySelectorAll('[data-list] a.row')[0]"));
  b.press(key_enter);
  b.await("document.querySelector('.detail h2')");
  b.press(key_escape);
  b.await("!document.querySelector('.detail')");
  b.press("/");
  b.await("location.hash.startsWith('#/orders') && document.activeElement.type === 'search'");
  b.run("document.activeElement.blur()");
  b.press("?");
  b.await("document.querySelector('dialog[open] dl.keys')");
  b.press(key_escape);
  b.await("!document.querySelector('dialog')");
}

TEST_CASE("on a new page the focus is on its heading, and every control can be reached and is named") {
  screen_shop shop;
  fill(shop);
  browser b;
  sign_in(b, shop);
  for (const std::string& page : pages) {
    CAPTURE(page);
    if (page == "overview") go(b, "#/accounts");
    b.click("nav.side a[href='#/" + page + "']");
    b.await("document.activeElement?.tagName === 'H1'");
    settle(b);
    CHECK(b.text("return document.activeElement.tagName") == "H1"); // drawn anew with what was asked for, too
    CHECK(b.text("return [...document.querySelectorAll('a, button, select, input')].filter((e) => "
                 "e.getClientRects()"
                 ".length && !(e.innerText || e.getAttribute('aria-label') || e.title || "
                 "e.labels?.length)?.toString()"
                 ".trim()).map((e) => e.outerHTML)") == "[]");
    CHECK(b.text("return [...document.querySelectorAll('h1')].length") == "1");
  }
}
