// When the database counts as away, look by look.
#include "receiver/services/state/outage_state.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;
using complaint = outage_state::complaint;

namespace {

const error refused = transient("pg:connect", "connection refused");
const error hanging = transient(std::string(commits_hang), "COMMITs wait");

outage_state up() {
  outage_state s;
  s.begin_probe();
  REQUIRE(s.answered().came_up);
  return s;
}

outage_state::step fails(outage_state& s, const error& e, bool reachable) {
  s.begin_probe();
  return s.failed(e, reachable, 0);
}

} // namespace

TEST_CASE("the database is down until it has answered, and its coming is told once") {
  outage_state s;
  CHECK(s.now() == database_state::down);
  s.begin_probe();
  CHECK(s.answered().came_up);
  s.begin_probe();
  outage_state::step next = s.answered();
  CHECK_FALSE(next.came_up);
  CHECK(next.pause == 1s);
  CHECK(s.now() == database_state::up);
}

TEST_CASE("its going is told at the first look that fails, and looks become rarer") {
  outage_state s = up();
  outage_state::step first = fails(s, refused, false);
  CHECK(first.went);
  CHECK(first.say == complaint::away);
  CHECK(first.pause == 100ms);
  CHECK(s.now() == database_state::down);
  outage_state::step second = fails(s, refused, false);
  CHECK_FALSE(second.went);
  CHECK(second.pause == 200ms);
  for (int i = 0; i < 10; ++i) fails(s, refused, false);
  CHECK(fails(s, refused, false).pause == 2s);
}

TEST_CASE("each reason is told once until it is up again, and ten at most") {
  outage_state s = up();
  CHECK(fails(s, refused, false).say == complaint::away);
  CHECK(fails(s, refused, false).say == complaint::none);
  CHECK(fails(s, transient("pg:connect", "wrong password"), false).say == complaint::away);
  s.begin_probe();
  s.answered();
  CHECK(fails(s, refused, false).say == complaint::away);
  for (int i = 0; i < 9; ++i)
    CHECK(fails(s, transient("pg:connect", std::to_string(i)), false).say == complaint::away);
  CHECK(fails(s, transient("pg:connect", "one more"), false).say == complaint::none);
}

TEST_CASE("one that answers and is of no use is behind, and the connection is tried no longer") {
  outage_state s = up();
  outage_state::step next = fails(s, transient("sqlstate:55P03", "locked"), true);
  CHECK(s.now() == database_state::behind);
  CHECK(next.say == complaint::schema);
  CHECK(next.drop_connection);
  CHECK_FALSE(fails(s, permanent("schema:damaged", "tables are missing"), true).drop_connection);
  CHECK_FALSE(fails(s, refused, false).drop_connection); // it is lost already
}

TEST_CASE("COMMITs that hang are behind, and watched over the same connection") {
  outage_state s = up();
  outage_state::step next = fails(s, hanging, true);
  CHECK(s.now() == database_state::behind);
  CHECK(next.say == complaint::commits);
  CHECK_FALSE(next.drop_connection);
}

TEST_CASE("a schema that turns out to be old makes it behind, and its being up news again") {
  outage_state s = up();
  s.begin_probe();
  s.note_old_schema();
  CHECK(s.now() == database_state::behind);
  SUBCASE("brought up to date") {
    CHECK(s.answered().came_up);
  }
  SUBCASE("not brought up to date: it was up before this look") {
    CHECK(s.failed(permanent("schema:newer", "a newer version wrote it"), true, 0).went);
    CHECK(fails(s, refused, false).went == false);
  }
}
