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

} // namespace

TEST_CASE("a row that does not say when it was made stands between its neighbors") {
  auto rows = page({5, std::nullopt, std::nullopt, 3, 2, std::nullopt});
  listed_dates().date_by_neighbors(rows);
  CHECK(falls(rows));
  CHECK(rows[2].created_at_is_guess);
  CHECK_FALSE(rows[3].created_at_is_guess);
  CHECK(*rows[2].created_at == noon + std::chrono::hours(3) + microseconds(1));
  CHECK(*rows[5].created_at == noon + std::chrono::hours(2) - microseconds(1));
  auto same_moment = page({3, 2, std::nullopt, 2, 1}); // made within one moment
  listed_dates().date_by_neighbors(same_moment);
  CHECK(same_moment[2].created_at == same_moment[1].created_at);
  auto above = page({std::nullopt, std::nullopt, 1, 0});
  listed_dates().date_by_neighbors(above);
  CHECK(falls(above));
}

TEST_CASE("one time alone says nothing of a list's order, until a page has shown it") {
  listed_dates list;
  for (const std::vector<std::optional<int>>& hours :
       {std::vector<std::optional<int>>{std::nullopt, 5, std::nullopt}, {5, std::nullopt, 5}}) {
    auto rows = page(hours);
    auto as_it_was = rows;
    list.date_by_neighbors(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK(rows[i].created_at == as_it_was[i].created_at);
  }
  auto falling = page({5, 4});
  list.date_by_neighbors(falling);
  auto later = page({std::nullopt, 3});
  list.date_by_neighbors(later);
  CHECK(falls(later));
}

TEST_CASE("a page without any time, or not newest first, stays as it is") {
  auto none = page({std::nullopt, std::nullopt});
  listed_dates().date_by_neighbors(none);
  CHECK_FALSE(none[0].created_at);
  auto mixed = page({1, std::nullopt, 5});
  listed_dates().date_by_neighbors(mixed);
  CHECK_FALSE(mixed[1].created_at);
}

TEST_CASE("once a page was not newest first none is dated by its order, however it looks") {
  listed_dates list;
  auto first = page({1, 2, 3});
  list.date_by_neighbors(first);
  auto last = page({std::nullopt, 5});
  list.date_by_neighbors(last);
  CHECK_FALSE(last[0].created_at);
}
