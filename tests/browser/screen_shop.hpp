// A shop with the programs in front of it and the courier's stand-in behind, and somebody who looks at its
// screen.
#pragma once

#include "tests/browser/webdriver.hpp"
#include "tests/programs/operations_client.hpp"

#include <boost/json/value_to.hpp>
#include <string>

namespace suivi::test {

const std::string two_accounts = "example-a:example-key-1:Alger,example-b:example-key-2:Oran";

struct screen_shop : operations_client {
  // `parcels` the courier has and the shop knows; `own_orders` R1, R2, … of the first account that it does
  // not know.
  explicit screen_shop(const std::string& named = two_accounts, int parcels = 40, int own_orders = 3)
      : operations_client(named, parcels, own_orders) {}

  void start_reconciler() {
    environment["SUIVI_RECONCILER_MAX_ORDERS"] = "0";
    reconciler.emplace("suivi-reconciler", std::vector<std::string>(), environment);
    reconciler->number_from_log("port");
  }
  // A webhook of that order, applied.
  std::string deliver(const std::string& reference, int status) const {
    auto id = push(reference, status);
    await(id, "applied");
    return id;
  }
  // One that nobody understands; its event's id.
  std::string deliver_nonsense() const {
    auto said = push_raw(R"({"hello":"world"})");
    return std::string(said.at("id").as_string());
  }
  // One full sweep by the command, to its end.
  void sweep() const {
    auto done = run_program("suivi-reconciler", {"sweep", "--full", "--json"}, environment);
    CAPTURE(done.log);
    REQUIRE(done.status == 0);
  }

  std::optional<program> reconciler;
};

// At the page `hash` in that language, signed in.
inline void sign_in(browser& b, const screen_shop& shop, const std::string& hash = "#/overview",
                    const std::string& language = "fr") {
  b.open(shop.base + "/");
  b.run("localStorage.setItem('language', arguments[0]); localStorage.setItem('theme', 'light')", {language});
  b.open(shop.base + "/" + hash);
  b.await("document.querySelector('form input[type=password]') || document.querySelector('.shell')");
  if (b.shows("form input[type=password]")) {
    b.type("form input[type=password]", "example-admin");
    b.click("form button[type=submit]");
  }
  b.await("document.querySelector('.shell') && document.body.dataset.ready");
}
inline void go(browser& b, const std::string& hash) {
  b.run("delete document.body.dataset.ready; location.hash = arguments[0]", {hash});
  b.await("document.body.dataset.ready");
}
// Drawn, with nothing being asked.
inline void settle(browser& b) {
  b.await("document.body.dataset.ready");
}

} // namespace suivi::test
