// Drawn shops that come from another system: most orders have a number from before, many parcels have moved
// on since, and the list is cut long before them. A few sweeps later every order shows what the courier says.
#include "tests/postgres/reconciler/sweep_stage.hpp"

#include <doctest/doctest.h>
#include <random>

using namespace suivi;
using suivi::test::stage;

namespace {

struct drawn_shop {
  explicit drawn_shop(unsigned seed) : random(seed) {
    int orders = between(15, 40);
    s.options.max_orders = between(3, 10);
    s.options.lookup_limit = between(4, 12);
    for (int n = 1; n <= orders; ++n) add(n);
    full_sweeps = orders / static_cast<int>(s.options.lookup_limit) + 2;
  }

  int between(int min, int max) { return std::uniform_int_distribution<int>(min, max)(random); }
  bool happens(int percent) { return between(1, 100) <= percent; }

  void add(int n) {
    std::string reference = fmt::format("R{}", n);
    std::string uuid = fmt::format("00000000-0000-4000-8000-{:012}", n);
    std::string tracking = fmt::format("17{:014}", n);
    int status = happens(60) ? 41 : 31;
    std::string account = happens(15) ? "null" : "'acc-1'";
    if (happens(75)) {
      bool final = status == 41 && happens(30);
      std::string columns = R"("trackingNumber", "shippingStatus")";
      std::string values = fmt::format("'{}', '{}'", tracking, final ? "LIVRÉ" : "EN COURS");
      if (happens(60)) columns += R"(, "maystroOrderId")", values += fmt::format(", '{}'", uuid);
      s.order(reference, columns, values, account);
    } else {
      s.order(reference, "", "", account);
    }
    if (happens(10)) return; // the courier has never seen it, or no more
    truth[reference] = status == 41 ? "LIVRÉ" : "EXPÉDIÉ";
    s.courier.rows.insert(s.courier.rows.begin(),
                          {uuid, reference, status, tracking, fmt::format("2026-01-10T10:{:02}:00Z", n)});
  }

  std::mt19937 random;
  stage s;
  std::map<std::string, std::string> truth; // by reference
  int full_sweeps = 0;
};

} // namespace

TEST_CASE(
    "whatever a shop brings with it, after some sweeps within their bounds every order shows the truth") {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    drawn_shop shop(seed);
    for (int i = 0; i < shop.full_sweeps; ++i) {
      auto report = shop.s.sweep();
      CHECK(report.complete);
      CHECK(report.lookups <= shop.s.options.lookup_limit);
      CHECK(report.fetched <= shop.s.options.max_orders + report.lookups);
    }
    for (const auto& [reference, text] : shop.truth) {
      CAPTURE(reference);
      CHECK(shop.s.column(reference, "shippingStatus") == text);
    }
  }
}
