// The bytes of parameters, as PostgreSQL's receive functions want them.
#include "common/pg/params_access.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace std::string_literals;

namespace {

std::string bytes(const pg::params& p) {
  return pg::params_access::values(p).front().bytes;
}

} // namespace

TEST_CASE("scalars are big-endian") {
  CHECK(bytes(pg::params().integer(-2)) == "\xff\xff\xff\xff\xff\xff\xff\xfe"s);
  CHECK(bytes(pg::params().boolean(true)) == "\1"s);
}

TEST_CASE("a point in time counts microseconds from the year 2000") {
  CHECK(bytes(pg::params().timestamp(*parse_instant("2000-01-01T00:00:00.000258Z"))) == "\0\0\0\0\0\0\1\2"s);
  CHECK(bytes(pg::params().timestamp(*parse_instant("1999-12-31T23:59:59.999999Z"))) ==
        std::string(8, '\xff'));
  CHECK(bytes(pg::params().timestamp(instant::max())) == "\x7f"s + std::string(7, '\xff'));
}

TEST_CASE("NULL has a type and no bytes") {
  pg::params p;
  p.text({});
  const auto& v = pg::params_access::values(p).front();
  CHECK(v.is_null);
  CHECK(v.type == 25);
}

TEST_CASE("an empty text is not NULL") {
  pg::params p;
  p.text("");
  CHECK_FALSE(pg::params_access::values(p).front().is_null);
}

TEST_CASE("an array tells its element type and marks NULLs by length -1") {
  CHECK(bytes(pg::params().texts({"ab", std::nullopt})) == "\0\0\0\1"   // one dimension
                                                           "\0\0\0\1"   // with NULLs
                                                           "\0\0\0\x19" // of text
                                                           "\0\0\0\2"   // two long
                                                           "\0\0\0\1"   // from 1
                                                           "\0\0\0\2"
                                                           "ab"
                                                           "\xff\xff\xff\xff"s);
}

TEST_CASE("an empty array has no dimension") {
  CHECK(bytes(pg::params().integers({})) == "\0\0\0\0"
                                            "\0\0\0\0"
                                            "\0\0\0\x14"s);
}
