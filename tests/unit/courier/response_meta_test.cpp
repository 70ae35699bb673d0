// What the head of a courier's response means: Retry-After and the status line.
#include "common/courier/response_meta.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::courier;

TEST_CASE("Retry-After is seconds or a date of the courier's own clock, never negative, at most a day") {
  instant server = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(read_retry_after("0", server) == milliseconds(0));
  CHECK(read_retry_after(" 120 ", server) == milliseconds(120'000));
  CHECK(read_retry_after("1.2", server) == milliseconds(2'000));
  CHECK(read_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", server) == milliseconds(60'000));
  CHECK(read_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", server) == milliseconds(0));
  CHECK(read_retry_after("99999999999999999999", server) == std::chrono::hours(24));
  CHECK(read_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", server) == std::chrono::hours(24));
  CHECK(read_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", server) == milliseconds(60'000));
  CHECK(read_retry_after("Sun Nov  6 08:50:37 1994", server) == milliseconds(60'000));
  CHECK(read_retry_after("Wednesday, 16-Nov-94 08:50:37 GMT", server) == std::chrono::hours(24));
  CHECK(read_retry_after("Wed Nov 16 08:50:37 1994", server) == std::chrono::hours(24));
  CHECK(read_retry_after("Friday, 31-Dec-99 23:59:59 GMT",
                         *parse_http_date("Sat, 01 Jan 2000 00:00:00 GMT")) == milliseconds(0));
  CHECK(read_retry_after("Saturday, 01-Jan-00 00:00:07 GMT",
                         *parse_http_date("Fri, 31 Dec 1999 23:59:59 GMT")) == milliseconds(8'000));
  for (auto text :
       {"", "-5", "soon", "5s", ".5", "5.", "1.2.3", "Sunday, 06-Nov-xx 08:50:37 GMT",
        "Sunday, 06-Nov-94 08:50:37 UTC", "Sun Nov  6 08:50:37 94  ", "Sun Foo  6 08:50:37 1994"}) {
    CAPTURE(text);
    CHECK_FALSE(read_retry_after(text, server).has_value());
  }
}

TEST_CASE("status lines are classified once") {
  CHECK_FALSE(refusal(200, "x").has_value());
  CHECK_FALSE(refusal(204, "x").has_value());
  CHECK(refusal(401, "x")->code == "courier:unauthorized");
  CHECK(refusal(403, "x")->kind == failure::permanent);
  CHECK(refusal(404, "x")->code == "courier:not_found");
  CHECK(refusal(429, "x")->code == "courier:throttled");
  CHECK(refusal(429, "x")->kind == failure::transient);
  CHECK(refusal(408, "x")->code == "courier:server");
  CHECK(refusal(503, "x")->code == "courier:server");
  CHECK(refusal(400, "x")->code == "courier:refused");
  CHECK(refusal(302, "x")->code == "courier:refused");
}
