// Durations and sizes as settings hold them.
#include "common/base/duration.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using std::chrono::milliseconds;

TEST_CASE("a duration is a whole number and one unit") {
  CHECK(parse_duration("500ms") == milliseconds(500));
  CHECK(parse_duration("5s") == milliseconds(5'000));
  CHECK(parse_duration("10m") == milliseconds(600'000));
  CHECK(parse_duration("6h") == milliseconds(21'600'000));
  CHECK(parse_duration("14d") == milliseconds(1'209'600'000));
  CHECK(parse_duration("0s") == milliseconds(0));
}

TEST_CASE("what is no duration or would overflow a clock is refused") {
  for (auto text : {"", "5", "s", "-5s", "+5s", " 5s", "5 s", "5S", "1.5s", "1h30m", "5min", "36501d",
                    "99999999999999999999s", "18446744073709551615d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
  CHECK(parse_duration("36500d").has_value());
}

TEST_CASE("a duration is printed in the largest unit that says it exactly") {
  CHECK(format_duration(milliseconds(0)) == "0s");
  CHECK(format_duration(milliseconds(90'000)) == "90s");
  CHECK(format_duration(milliseconds(120'000)) == "2m");
  CHECK(format_duration(milliseconds(86'400'000)) == "1d");
  CHECK(format_duration(milliseconds(1'001)) == "1001ms");
  CHECK(format_duration(milliseconds(-5'000)) == "-5s");
}

TEST_CASE("a size is a whole number, in bytes unless it says otherwise") {
  CHECK(parse_size("256KiB") == 262'144u);
  CHECK(parse_size("1MiB") == 1'048'576u);
  CHECK(parse_size("4GiB") == 4'294'967'296u);
  CHECK(parse_size("12B") == 12u);
  CHECK(parse_size("12") == 12u);
  for (auto text : {"", "KiB", "1KB", "1kib", "-1", "1.5MiB", "99999999999GiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text).has_value());
  }
}

TEST_CASE("a printed size is read back as the same") {
  for (std::uint64_t bytes : {0ull, 1ull, 1023ull, 1024ull, 262'144ull, 1ull << 30, (1ull << 30) + 1}) {
    CAPTURE(bytes);
    CHECK(parse_size(format_size(bytes)) == bytes);
  }
  CHECK(format_size(262'144) == "256KiB");
}
