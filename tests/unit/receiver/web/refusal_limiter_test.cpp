// Who is refused too often, minute by minute, with a clock of the test's own.
#include "receiver/web/refusal_limiter.hpp"

#include <doctest/doctest.h>

using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

boost::asio::ip::address at(const std::string& text) {
  return boost::asio::ip::make_address(text);
}

const refusals::moment start{1h};

} // namespace

TEST_CASE("an address may be refused so often and is told to wait for the rest of the minute then") {
  refusals r({.refusals_per_minute = 3, .addresses = 10});
  for (int n = 0; n < 3; ++n) CHECK_FALSE(r.note(at("192.0.2.7"), start + n * 1s).retry_after);
  CHECK(r.note(at("192.0.2.7"), start + 10s).retry_after == 50s);
  CHECK(r.note(at("192.0.2.7"), start + 59'500ms).retry_after == 1s); // never zero
  CHECK_FALSE(r.note(at("192.0.2.8"), start + 59s).retry_after);
  CHECK_FALSE(r.note(at("192.0.2.7"), start + 60s).retry_after);
}

TEST_CASE("the first refusal of each minute is marked, from whomever") {
  refusals r({.refusals_per_minute = 3, .addresses = 10});
  CHECK(r.note(at("192.0.2.7"), start).first);
  CHECK_FALSE(r.note(at("192.0.2.8"), start + 1s).first);
  CHECK(r.note(at("192.0.2.8"), start + 61s).first);
  CHECK_FALSE(r.note(at("192.0.2.7"), start + 62s).first);
}

TEST_CASE("an IPv6 client cannot get away by another address of its network") {
  refusals r({.refusals_per_minute = 1, .addresses = 10});
  CHECK_FALSE(r.note(at("2001:db8:0:1::1"), start).retry_after);
  CHECK(r.note(at("2001:db8:0:1:ffff::2"), start).retry_after);
  CHECK_FALSE(r.note(at("2001:db8:0:2::1"), start).retry_after);
}

TEST_CASE("a full table counts nobody new and forgets nobody") {
  refusals r({.refusals_per_minute = 1, .addresses = 2});
  r.note(at("192.0.2.1"), start);
  r.note(at("192.0.2.2"), start);
  for (int n = 0; n < 5; ++n) CHECK_FALSE(r.note(at("192.0.2.3"), start).retry_after);
  CHECK(r.note(at("192.0.2.1"), start).retry_after);
  CHECK_FALSE(r.note(at("192.0.2.3"), start + 60s).retry_after);
  CHECK(r.note(at("192.0.2.3"), start + 60s).retry_after);
}
