// Rows without a time between rows that have one.
#include "reconciler/sweep/listed_dates.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using suivi::reconciler::listed_dates;

namespace {

const instant noon = parse_instant("2026-01-10T12:00:00Z").value();

// Hours after noon; none: the row does not say.
std::vector<shipment> page(const std::vector<std::optional<int>>& hours) {
  std::vector<shipment> rows(hours.size());
  for (std::size_t i = 0; i < hours.size(); ++i)
    if (hours[i]) rows[i].created_at = noon + std::chrono::hours(*hours[i]);
  return rows;
}

bool falls(const std::vector<shipment>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!rows[i].created_at || (i > 0 && *rows[i].created_at >= *rows[i - 1].created_at)) return false;
  return true;
}

// Of which page 1 has shown that it is newest first.
listed_dates of_shown_list() {
  listed_dates list;
  auto rows = page({90, 80, 70, 60, 50, 40, 30});
  list.date_by_neighbors(1, rows);
  return list;
}

} // namespace

TEST_CASE("a row that does not say when it was made stands between its neighbors") {
  auto rows = page({5, std::nullopt, std::nullopt, 3, 2, std::nullopt});
  of_shown_list().date_by_neighbors(2, rows);
  CHECK(falls(rows));
  CHECK(rows[2].created_at_is_guess);
  CHECK_FALSE(rows[3].created_at_is_guess);
  CHECK(*rows[2].created_at == noon + std::chrono::hours(3) + microseconds(1));
  CHECK(*rows[5].created_at == noon + std::chrono::hours(2) - microseconds(1));
  auto same_moment = page({3, 2, std::nullopt, 2, 1}); // made within one moment
  of_shown_list().date_by_neighbors(2, same_moment);
  CHECK(same_moment[2].created_at == same_moment[1].created_at);
  auto above = page({std::nullopt, std::nullopt, 1, 0});
  of_shown_list().date_by_neighbors(2, above);
  CHECK(falls(above));
}

TEST_CASE("a few times say nothing of a list's order, until its pages have shown it beyond luck") {
  listed_dates list;
  int number = 0;
  for (const std::vector<std::optional<int>>& hours :
       {std::vector<std::optional<int>>{std::nullopt, 5, std::nullopt},
        {5, std::nullopt, 5},
        {5, 4, std::nullopt},     // 1 in 2
        {5, std::nullopt, 4, 3},  // 1 in 12
        {3, 2, 1, std::nullopt}}) // 1 in 72
  {
    auto rows = page(hours);
    auto as_it_was = rows;
    list.date_by_neighbors(++number, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK(rows[i].created_at == as_it_was[i].created_at);
  }
  auto again = page({5, 4, 3, 2, std::nullopt}); // page 5 is counted once
  list.date_by_neighbors(number, again);
  CHECK_FALSE(again.back().created_at);
  auto falling = page({5, 4, 3, 2, std::nullopt});
  list.date_by_neighbors(++number, falling);
  CHECK(falls(falling));
}

TEST_CASE("a page without any time, or not newest first, stays as it is") {
  auto none = page({std::nullopt, std::nullopt});
  of_shown_list().date_by_neighbors(2, none);
  CHECK_FALSE(none[0].created_at);
  auto mixed = page({1, std::nullopt, 5});
  of_shown_list().date_by_neighbors(2, mixed);
  CHECK_FALSE(mixed[1].created_at);
}

TEST_CASE("once a page was not newest first none is dated by its order, however it looks") {
  listed_dates list = of_shown_list();
  auto second = page({1, 2, 3});
  list.date_by_neighbors(2, second);
  auto last = page({std::nullopt, 5});
  list.date_by_neighbors(3, last);
  CHECK_FALSE(last[0].created_at);
}
