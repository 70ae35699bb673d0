// The rules of accessibility (WCAG 2.2 AA) on every page, in light and dark, in both directions, wide and
// narrow. They are axe-core's, which no Debian package holds: the build's variable SUIVI_AXE names its file.
#include "tests/browser/screen_shop.hpp"

#include <fstream>
#include <sstream>

using namespace suivi::test;

namespace {

const std::string rules = R"(
  return axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((found) =>
    found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' ')}`));
)";

} // namespace

TEST_CASE(
    "every page keeps the rules of accessibility, in light and dark, from either side, wide and on a phone") {
  std::stringstream axe;
  axe << std::ifstream(SUIVI_AXE).rdbuf();
  if (axe.str().empty()) {
    MESSAGE("not run: the build's variable SUIVI_AXE names no axe.min.js");
    return;
  }
  screen_shop shop;
  auto id = shop.deliver("R1", 31);
  shop.deliver_nonsense();
  shop.sweep();
  browser b;
  sign_in(b, shop);
  auto sweep = shop.db.value("select max(id) from suivi.sweep");
  for (const window_size& size : {desktop, phone}) {
    b.resize(size);
    for (const std::string language : {"fr", "ar"})
      for (const std::string theme : {"light", "dark"})
        for (const std::string& page :
             {std::string("overview"), std::string("orders"), std::string("orders/R1"), "webhooks/" + id,
              "sweeps/" + sweep, std::string("accounts")}) {
          b.run(
              "localStorage.setItem('language', arguments[0]); localStorage.setItem('theme', arguments[1]); "
              "location.hash = arguments[2]; location.reload()",
              {language, theme, "#/" + page});
          b.await("document.documentElement.lang === arguments[0] && document.querySelector('main h1') && "
                  "document.body.dataset.ready",
                  {language});
          b.run(axe.str());
          CAPTURE(page);
          CAPTURE(language);
          CAPTURE(theme);
          CAPTURE(size.width);
          CHECK(b.text(rules) == "[]");
        }
  }
}
