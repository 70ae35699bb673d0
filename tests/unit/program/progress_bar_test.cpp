// How far work has come, in words.
#include "common/program/progress_bar.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::program;
using namespace std::chrono_literals;

TEST_CASE("progress is n of m with its rate and what is left") {
  CHECK(progress_line({420, 1000, "orders", "3 pages", std::nullopt}, 12'000ms) ==
        "[############..................]  42 %  420 of 1000 orders, 35/s, 17 s left, 3 pages");
  CHECK(progress_line({30, 30, "events", "", std::nullopt}, 4'000ms) ==
        "[##############################] 100 %  30 of 30 events, 7.5/s");
  CHECK(
      progress_line({10, 100'000, "rows", "", std::nullopt}, 10'000ms).ends_with("1.0/s, 27 h 46 min left"));
  CHECK(progress_line({500, 1000, "rows", "", std::nullopt}, 300'000ms).ends_with("1.7/s, 5 min left"));
}

TEST_CASE("progress without an end, at its beginning or beyond its end claims nothing") {
  CHECK(progress_line({7, std::nullopt, "rows", "", std::nullopt}, 0ms) == "7 rows");
  CHECK(progress_line({0, 10, "rows", "", std::nullopt}, 5'000ms) ==
        "[..............................]   0 %  0 of 10 rows");
  CHECK(progress_line({12, 10, "rows", "", std::nullopt}, 500ms) ==
        "[##############################] 100 %  12 of 10 rows");
  CHECK(progress_line({0, 0, "rows", "", std::nullopt}, 5'000ms) == "0 of 0 rows");
  CHECK(progress_line({5, 50, "events", "", 0.5}, 2'000ms)
            .starts_with("[###############...............]  50 %"));
}
