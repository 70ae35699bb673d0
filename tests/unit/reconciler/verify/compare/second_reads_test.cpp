// Which parcels are read a second time, and when.
#include "reconciler/verify/compare/second_reads.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace suivi;
using namespace suivi::reconciler;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");
constexpr milliseconds lag = 90s;

comparison::differing differing(int number, std::optional<instant> behind_until = std::nullopt) {
  std::string name = std::to_string(number);
  return {"o" + name, {shop::wanted_read{"acc-1", "u" + name, "R" + name, noon}}, behind_until};
}

} // namespace

TEST_CASE("nothing that differs and too much that differs is read no second time") {
  CHECK_FALSE(plan_second_reads({}, noon, lag));
  std::vector<comparison::differing> many;
  for (int i = 0; i < 200; ++i) many.push_back(differing(i));
  auto plan = plan_second_reads(many, noon, lag);
  REQUIRE(plan);
  CHECK(plan->parcels.size() == 200);
  CHECK(plan->parcels[7].uuid == "u7");
  many.push_back(differing(200));
  CHECK_FALSE(plan_second_reads(many, noon, lag));
}

TEST_CASE("a webhook on its way gets a second, and the courier's lag is waited for at most once") {
  CHECK(plan_second_reads({differing(1)}, noon, lag)->from == noon + 1s);
  CHECK(plan_second_reads({differing(1, noon - 1h)}, noon, lag)->from == noon + 1s);
  CHECK(plan_second_reads({differing(1, noon + 40s), differing(2, noon + 20s)}, noon, lag)->from ==
        noon + 40s);
  CHECK(plan_second_reads({differing(1, noon + 1h)}, noon, lag)->from == noon + lag);
}

TEST_CASE("a parcel that is not there by its id is looked for by its reference") {
  auto other = by_reference_instead({"acc-1", "u1", "R1", noon});
  REQUIRE(other);
  CHECK_FALSE(other->uuid);
  CHECK(other->reference == "R1");
  CHECK(other->account == "acc-1");
  CHECK_FALSE(by_reference_instead({"acc-1", "u1", "", noon}));
  CHECK_FALSE(by_reference_instead({"acc-1", std::nullopt, "R1", noon}));
}
