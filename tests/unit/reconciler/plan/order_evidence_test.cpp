// How much the times of a list's rows show of its order.
#include "reconciler/plan/order_evidence.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <vector>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

const instant noon = parse_instant("2026-01-10T12:00:00Z").value();

// Rows made so many seconds after noon.
std::vector<listed_row> made(const std::vector<int>& seconds) {
  std::vector<listed_row> rows;
  for (int each : seconds)
    rows.push_back({static_cast<std::uint64_t>(rows.size() + 1), noon + std::chrono::seconds(each)});
  return rows;
}

double luck_of(const std::vector<int>& seconds) {
  order_evidence list;
  list.read(made(seconds));
  return list.luck();
}

} // namespace

TEST_CASE("rows that fall show an order as far as luck would seldom have them fall") {
  CHECK(luck_of({}) == 1);
  CHECK(luck_of({5}) == 1);
  CHECK(luck_of({5, 4}) == doctest::Approx(1.0 / 2));
  CHECK(luck_of({5, 4, 3}) == doctest::Approx(1.0 / 6));
  CHECK(luck_of({5, 5, 3}) == doctest::Approx(1.0 / 3));
  CHECK(luck_of({5, 5, 5}) == doctest::Approx(1));
  order_evidence list;
  list.read(made({9, 8, 7, 6, 5, 4}));
  CHECK_FALSE(list.shows_newest_first());
  list.read(std::vector<listed_row>(2)); // these do not say when
  CHECK_FALSE(list.shows_newest_first());
  list.read(made({3}));
  CHECK(list.shows_newest_first());
}

TEST_CASE("rows of a few moments show it where there are many") {
  CHECK(luck_of({900, 900, 900, 900, 900, 900, 0, 0, 0, 0, 0, 0}) == doctest::Approx(1.0 / 924)); // 12 over 6
}

TEST_CASE("where rows rise within a minute, what was made within one counts as made at once") {
  CHECK(luck_of({900, 901, 902, 0}) == doctest::Approx(1.0 / 4));
  std::vector<int> of_one_minute(40);
  for (int i = 0; i < 40; ++i) of_one_minute[static_cast<std::size_t>(i)] = i % 2 == 0 ? 40 - i : 40 - i + 3;
  CHECK(luck_of(of_one_minute) == doctest::Approx(1));
}

TEST_CASE("nothing counts from the first row on that is newer than one before it") {
  std::vector<int> rows = {0, 900};
  for (int i = 0; i < 40; ++i) rows.push_back(-100 * i);
  CHECK(luck_of(rows) == 1);
}

TEST_CASE("a list in no order is taken for newest first as seldom as it says") {
  std::mt19937_64 random(1);
  std::vector<int> seconds;
  for (int i = 0; i < 12; ++i) seconds.push_back(i * 100);
  int taken = 0;
  for (int lists = 0; lists < 50'000; ++lists) {
    std::shuffle(seconds.begin(), seconds.end(), random);
    order_evidence list;
    list.read(made(seconds));
    taken += list.shows_newest_first() ? 1 : 0;
  }
  CHECK(taken <= 25); // 1 in 5,040
}
