// Pages that show what was shown before: a courier that ignores a page's number, or a cache that answers an
// old page. They tell nothing of the size of the list, and are no end of it where they name a next one.
#include "reconciler/plan/incremental_plan.hpp"
#include "reconciler/plan/page_plan.hpp"

#include <doctest/doctest.h>
#include <set>
#include <vector>

using namespace suivi::reconciler;

namespace {

const suivi::instant noon{std::chrono::hours(500'000)};

listed_row row_of(int n) {
  return {static_cast<std::uint64_t>(n) * 1000003u * 128u, noon - std::chrono::seconds(n)};
}

std::vector<listed_row> rows_of(int first, int last) {
  std::vector<listed_row> rows;
  for (int n = first; n <= last; ++n) rows.push_back(row_of(n));
  return rows;
}

// Answers every page with the same rows.
struct deaf_courier {
  std::vector<listed_row> rows = rows_of(1, 20);
  page_facts facts;
  bool rows_come = false; // a new one before every 25th answer
  int requests = 0;

  template <class Plan>
  page_plan::verdict play(Plan plan) {
    while (auto page = plan.next()) {
      REQUIRE(++requests < 400);
      if (rows_come && requests % 25 == 0) {
        rows.insert(rows.begin(), row_of(-requests));
        rows.pop_back();
      }
      plan.read(*page, facts, rows);
    }
    REQUIRE(plan.done());
    return plan.judge();
  }
};

const suivi::instant long_ago = noon - std::chrono::hours(1);

} // namespace

TEST_CASE("a page that is shown again and again is never the whole of a list that counts more") {
  for (std::int64_t count : {21, 30, 100, 1'000'000})
    for (bool has_next : {false, true}) {
      CAPTURE(count);
      CAPTURE(has_next);
      deaf_courier full{.facts = {count, 0, has_next, noon}};
      page_plan::verdict verdict = full.play(page_plan(0));
      CHECK_FALSE(verdict.complete);
      CHECK(verdict.reason == "read 20 rows where the courier counts " + std::to_string(count));
      deaf_courier coming{.facts = {count + 200, 0, has_next, noon}, .rows_come = true};
      CHECK_FALSE(coming.play(page_plan(0)).complete);
      deaf_courier newest{.facts = {count, 0, has_next, noon}};
      CHECK_FALSE(newest.play(incremental_plan(long_ago, 0)).complete);
    }
}

TEST_CASE("without any count, a page that repeats another and names a next one is no end of a list") {
  deaf_courier full{.facts = {std::nullopt, 0, true, noon}};
  page_plan::verdict verdict = full.play(page_plan(0));
  CHECK_FALSE(verdict.complete);
  CHECK(verdict.reason == "page 2 brings no new row though the list goes on");
  deaf_courier end{.facts = {std::nullopt, 0, false, noon}};
  CHECK(end.play(page_plan(0)).complete);
  CHECK(end.requests < 10);
}

TEST_CASE("without any count, what stands behind a repeated page is read") {
  page_plan plan(0);
  std::set<int> requested;
  while (auto page = plan.next()) {
    REQUIRE(*page < 50);
    requested.insert(*page);
    int number = *page == 3 ? 2 : *page;
    if (*page > 5)
      plan.past_end(*page);
    else
      plan.read(*page, {std::nullopt, 0, *page < 5, noon}, rows_of(number * 20, number * 20 + 19));
  }
  CHECK(requested.contains(5));
  CHECK_FALSE(plan.judge().complete);
}

TEST_CASE("a courier that shows the same page for ever comes to an end, also with rows that cannot be read") {
  for (std::optional<std::int64_t> count : {std::optional<std::int64_t>(), std::optional<std::int64_t>(100)})
    for (std::size_t readable : {0u, 1u, 19u}) {
      CAPTURE(readable);
      std::vector<listed_row> rows = rows_of(1, static_cast<int>(readable));
      deaf_courier full{.rows = rows, .facts = {count, 20 - readable, true, noon}};
      bool complete = full.play(page_plan(0)).complete;
      if (readable > 0) CHECK_FALSE(complete); // of rows none of which can be read no two are alike
      deaf_courier newest{.rows = rows, .facts = {count, 20 - readable, true, noon}};
      CHECK_FALSE(newest.play(incremental_plan(long_ago, 0)).complete);
    }
}

TEST_CASE("pages in a row of which nothing can be read are no end within the count") {
  page_plan plan(0);
  std::set<int> requested;
  while (auto page = plan.next()) {
    requested.insert(*page);
    bool is_readable = *page == 1 || *page == 40;
    std::vector<listed_row> rows;
    if (is_readable) rows = rows_of(*page * 20, *page * 20 + 19);
    plan.read(*page, {800, is_readable ? 0u : 20u, *page < 40, noon}, rows);
  }
  CHECK(requested.contains(40));
  CHECK(plan.judge().complete);
}
