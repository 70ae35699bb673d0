// What a count is worth that the courier's own pages contradict, in the plan of a full sweep.
#include "reconciler/plan/page_plan.hpp"

#include <doctest/doctest.h>
#include <functional>
#include <numeric>
#include <set>
#include <vector>

using namespace suivi::reconciler;

namespace {

struct counting_courier {
  std::vector<std::uint64_t> rows;
  std::optional<std::int64_t> says;
  std::set<std::uint64_t> read;
  std::size_t requests = 0;
  std::function<void()> after = [] {};

  explicit counting_courier(std::int64_t count) : rows(95), says(count) {
    std::iota(rows.begin(), rows.end(), std::uint64_t{1});
    for (std::uint64_t& row : rows) row *= 1000003u * 128u;
  }

  page_plan::verdict play() {
    page_plan plan(0);
    while (auto page = plan.next()) {
      REQUIRE(++requests < 100);
      std::size_t from = static_cast<std::size_t>(*page - 1) * 20, to = std::min(rows.size(), from + 20);
      std::vector<listed_row> listed;
      for (std::size_t i = from; i < to; ++i) listed.push_back({rows[i], std::nullopt});
      for (const listed_row& row : listed) read.insert(row.hash);
      if (from >= rows.size())
        plan.past_end(*page);
      else
        plan.read(*page, page_facts{says, 0, to < rows.size()}, listed);
      after();
    }
    REQUIRE(plan.done());
    return plan.judge();
  }
};

} // namespace

TEST_CASE(
    "a list whose count is lower than the rows it shows is read twice, and complete if both are alike") {
  for (std::int64_t says : {0, 20, 40}) {
    CAPTURE(says);
    counting_courier still(says);
    CHECK(still.play().complete);
    CHECK(still.read.size() == 95);
    CHECK(still.requests > 10);

    counting_courier moving(says); // the page that was read loses a row: the next page's first is not read
    moving.after = [&] { moving.rows.erase(moving.rows.begin()); };
    page_plan::verdict verdict = moving.play();
    CHECK_FALSE(verdict.complete);
    CHECK(verdict.reason ==
          "the courier counts fewer rows than it shows and no two of 3 readings in a row were the same");
  }
}

TEST_CASE("a row more than the courier counts is one that came meanwhile") {
  believed_count count;
  CHECK(count.of(1, 39, 20, true) == 39);
  CHECK(count.of(2, 39, 20, false) == 39);
  CHECK(count.of(2, 37, 20, false) == std::nullopt);
  CHECK(count.of(1, 39, 20, true) == std::nullopt); // it is not believed any more
}

TEST_CASE("a last page that is shorter than the others contradicts no count") {
  believed_count count;
  CHECK(count.of(1, 95, 20, true) == 95);
  CHECK(count.of(5, 95, 15, false) == 95);
  CHECK(count.of(4, 95, 20, true) == 95);
}

TEST_CASE("an empty page that names a next one is no end of a list") {
  for (bool counts : {false, true}) {
    CAPTURE(counts);
    page_plan plan(0);
    std::set<int> requested;
    std::size_t requests = 0;
    while (auto page = plan.next()) {
      REQUIRE(++requests < 40);
      requested.insert(*page);
      page_facts facts;
      if (counts) facts.count = 5;
      facts.has_next = *page < 5;
      std::vector<listed_row> rows;
      if (*page != 3 && *page <= 5)
        rows.push_back({static_cast<std::uint64_t>(*page) * 1000003u * 128u, std::nullopt});
      plan.read(*page, facts, rows);
    }
    CHECK(requested.contains(5));
    CHECK_FALSE(plan.judge().complete);
    if (!counts) CHECK(plan.judge().reason == "page 3 is empty and page 5 is not");
  }
}
