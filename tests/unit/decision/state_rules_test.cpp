// What a parcel's state means, courier by courier.
#include "common/decision/state_rules.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::shop;

TEST_CASE("each courier has final states, and one that is shown as delivered") {
  for (courier_kind courier : couriers) {
    CAPTURE(slug(courier));
    std::vector<std::string> texts = final_texts(courier);
    CHECK(!texts.empty());
    std::ranges::sort(texts);
    CHECK(std::ranges::adjacent_find(texts) == texts.end());
  }
  CHECK(std::ranges::count(final_texts(courier_kind::maystro), "LIVRÉ") == 1);
  CHECK(std::ranges::count(final_texts(courier_kind::guepex), "LIVRÉ") == 1);
  // Nord West pays after the delivery, and says so of the parcel.
  CHECK(std::ranges::count(final_texts(courier_kind::nord_west), "LIVRÉ") == 0);
}

TEST_CASE("a text that a courier's parcels stay at is a final state of it") {
  for (courier_kind courier : {courier_kind::guepex, courier_kind::nord_west})
    for (const std::string& text : final_texts(courier)) {
      CAPTURE(text);
      CHECK(is_final(courier, parcel_state(text)));
      CHECK(is_known(courier, parcel_state(text)));
    }
}
