// Couriers by their slugs, addresses and keys as shops paste them.
#include "common/shipment/courier.hpp"
#include "common/shipment/courier_address.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <set>

using namespace suivi;

TEST_CASE("a courier is found by its slug in any case and with blanks around it") {
  for (courier_kind which : couriers) CHECK(courier_of_slug(slug(which)) == which);
  CHECK(courier_of_slug("Guepex") == courier_kind::guepex);
  CHECK(courier_of_slug(" NORD_WEST ") == courier_kind::nord_west);
  CHECK(courier_of_slug("nordwest") == courier_kind::nord_west);
  CHECK(courier_of_slug("MAYSTRO") == courier_kind::maystro);
}

TEST_CASE("every slug that is accepted is a courier's, and each courier's own is among them") {
  std::set<courier_kind> found;
  for (std::string_view each : accepted_slugs()) {
    REQUIRE(courier_of_slug(each));
    found.insert(*courier_of_slug(each));
  }
  CHECK(found.size() == couriers.size());
  for (courier_kind which : couriers)
    CHECK(std::ranges::find(accepted_slugs(), slug(which)) != accepted_slugs().end());
}

TEST_CASE("a company that nobody knows is no courier") {
  for (const char* text : {"", "yalidine", "nord west", "maystro2"}) CHECK_FALSE(courier_of_slug(text));
}

TEST_CASE("a base address is taken as given, without trailing slashes") {
  CHECK(base_address("https://api.guepex.app/v1/") == "https://api.guepex.app/v1");
  CHECK(base_address(" http://127.0.0.1:9000/guepex/v1/// ") == "http://127.0.0.1:9000/guepex/v1");
  CHECK(base_address("https://Host/API") == "https://Host/API");
  CHECK(base_address("  ").empty());
}

TEST_CASE("a key loses what would break a request's head") {
  CHECK(pasted_key(" abc\r\n") == "abc");
  CHECK(pasted_key("a b\x7F") == "a b");
}
