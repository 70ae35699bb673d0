// Scripts that were released stay as they are: what ran in a customer's database must be what a later program
// takes it for.
#include "common/schema/schema.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <map>
#include <string>

using namespace suivi;

namespace {

// As sha256sum writes them.
std::map<std::string, std::string> released() {
  std::ifstream list(SUIVI_RELEASED_SCRIPTS);
  REQUIRE(list.good());
  std::map<std::string, std::string> checksums;
  for (std::string checksum, name; list >> checksum >> name;) checksums[name] = checksum;
  return checksums;
}

} // namespace

TEST_CASE("no released script is edited, taken away or numbered behind an unreleased one") {
  std::map<std::string, std::string> checksums = released();
  std::size_t found = 0;
  for (const pg::migration& script : schema::all()) {
    CAPTURE(script.name);
    auto listed = checksums.find(std::string(script.name));
    if (listed == checksums.end())
      continue; // its release will list it: in scripts, sha256sum 00*.sql > ../released
    CHECK_MESSAGE(listed->second == script.checksum, "a released script was edited; write a new one instead");
    CHECK(static_cast<std::size_t>(script.version) == ++found);
  }
  CHECK(found == checksums.size());
}

TEST_CASE("a script names the oldest program it suits, and none that is newer than itself") {
  for (const pg::migration& script : schema::all()) {
    CAPTURE(script.name);
    CHECK(script.compatible_from >= 0);
    CHECK(script.compatible_from <= script.version);
    CHECK(script.checksum.size() == 64);
    // "-- compatible_from: N" at its beginning; scripts up to 16 were written before there was such a line.
    CHECK((script.version <= 16 || script.compatible_from > 0));
  }
}
