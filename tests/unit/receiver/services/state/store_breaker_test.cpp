// When webhooks go to the spool at once, and what brings them back.
#include "receiver/services/state/store_breaker.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace std::chrono_literals;
using receiver::store_breaker;

TEST_CASE("a failure opens the breaker once, and only storing in good time closes it") {
  store_breaker b;
  CHECK_FALSE(b.is_open());
  CHECK_FALSE(b.note_stored(10ms));
  CHECK(b.note_failed(steady_now()));
  CHECK_FALSE(b.note_failed(steady_now()));
  CHECK(b.is_open());
  CHECK_FALSE(b.note_stored(4s));
  CHECK(b.is_open());
  CHECK(b.note_stored(20ms));
  CHECK_FALSE(b.is_open());
  CHECK(b.note_failed(steady_now()));
}

TEST_CASE("one webhook a second may try") {
  store_breaker b;
  b.note_failed(steady_now());
  steady_time now = steady_now();
  CHECK(b.may_try(now));
  CHECK_FALSE(b.may_try(now + 500ms));
  CHECK(b.may_try(now + 1s));
}

TEST_CASE("a breaker that nobody has failed at for a minute closes") {
  store_breaker b;
  steady_time now = steady_now();
  CHECK_FALSE(b.expire(now));
  b.note_failed(now);
  b.note_failed(now + 30s);
  CHECK_FALSE(b.expire(now + 80s));
  CHECK(b.is_open());
  CHECK(b.expire(now + 91s));
  CHECK_FALSE(b.is_open());
}
