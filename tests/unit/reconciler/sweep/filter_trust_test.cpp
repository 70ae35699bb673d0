// Whether look-ups by reference are worth asking, by literal answers.
#include "reconciler/sweep/filter_trust.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace suivi;
using suivi::reconciler::filter_trust;

namespace {

std::vector<shipment> rows_of(const std::vector<std::string>& references) {
  std::vector<shipment> rows(references.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].reference = references[i];
  return rows;
}

shipment_page page_of(const std::vector<std::string>& references, bool has_next) {
  shipment_page page;
  page.rows = rows_of(references);
  page.has_next = has_next;
  return page;
}

} // namespace

TEST_CASE("what the courier answers for a reference of its own list shows whether its filter works") {
  struct {
    std::vector<std::string> answered;
    bool has_next, works;
  } cases[] = {{{"R3"}, false, true},  {{"R3", "R3"}, false, true},       // sent twice
               {{}, false, true},      {{"R1", "R2", "R3"}, true, false}, // the newest, R3 among them
               {{"R1"}, false, false}, {{"R3"}, true, false}};
  for (const auto& one : cases) {
    filter_trust trust;
    trust.listed(rows_of({"R1", "R2", "R3", "", "R4,R5"}));
    CHECK_FALSE(trust.was_unfiltered());
    auto known = trust.unfiltered();
    REQUIRE(known == "R3");
    CHECK(trust.testing());
    CHECK_FALSE(trust.unfiltered()); // it is asked for once
    shipment_page answer = page_of(one.answered, one.has_next);
    trust.tested(*known, &answer);
    CHECK_FALSE(trust.testing());
    CHECK(trust.ignored() == !one.works);
    CHECK(trust.was_unfiltered());
    CHECK_FALSE(trust.unfiltered());
    CHECK(trust.ignored() == !one.works);
  }
}

TEST_CASE("without an answer, or a reference to ask for, the filter counts as ignored") {
  filter_trust silent;
  silent.listed(rows_of({"R1"}));
  auto known = silent.unfiltered();
  REQUIRE(known);
  silent.tested(*known, nullptr);
  CHECK(silent.ignored());
  filter_trust unlisted;
  CHECK_FALSE(unlisted.unfiltered());
  CHECK(unlisted.ignored());
}
