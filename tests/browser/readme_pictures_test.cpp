// The pictures of the README: a shop as deploy/up shows it, while orders move at the courier and some
// webhooks are lost. They are build/<preset>/pictures/readme-*.png; deploy/pictures holds the copies that the
// README shows.
#include "tests/browser/screen_shop.hpp"

using namespace suivi::test;

namespace {

constexpr std::size_t picture_bytes_max = 150 * 1024;

} // namespace

TEST_CASE("the README's pictures, light and dark, are of a shop that runs, and are small") {
  screen_shop shop("algiers:example-key-1:Algiers,oran:example-key-2:Oran", 400, 0);
  shop.start_reconciler();
  wait_until("both accounts complete", [&] {
    return shop.db.number("select count(*) from suivi.sweep where verdict = 'complete' and kind = 'full'") >=
           2;
  });
  shop.courier_set(R"({"moving":true,"changes_per_second":20,"webhook_loss":0.2,"webhook_url":")" +
                   shop.base + R"(/webhooks/maystro/example-secret?account={account}"})");
  wait_until("some webhooks", [&] { return shop.db.number("select count(*) from suivi.inbox") >= 200; });
  shop.courier_set(R"({"changes_per_second":1})");
  shop.sweep();
  browser b({1240, 900, false});
  sign_in(b, shop);
  for (const std::string theme : {"light", "dark"}) {
    b.run("localStorage.setItem('theme', arguments[0]); location.reload()", {theme});
    b.await("document.documentElement.dataset.theme === arguments[0] && "
            "document.querySelector('[data-kpi=coverage]') "
            "&& document.querySelector('.feed li') && document.body.dataset.ready",
            {theme});
    CHECK(b.picture("readme-" + theme) < picture_bytes_max);
  }
}
