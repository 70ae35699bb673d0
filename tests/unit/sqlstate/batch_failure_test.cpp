// How a batch of rows that the database refuses is taken apart.
#include "common/sqlstate/batch_failure.hpp"

#include "common/sqlstate/sqlstate.hpp"

#include <doctest/doctest.h>
#include <set>
#include <vector>

using namespace suivi;

TEST_CASE("halving reaches every row alone and loses none") {
  std::vector<pg::range> todo{{0, 7}};
  std::set<std::size_t> alone;
  while (!todo.empty()) {
    auto r = todo.back();
    todo.pop_back();
    if (r.size() == 1) {
      alone.insert(r.begin);
      continue;
    }
    auto [front, back] = pg::halve(r);
    CHECK(front.end == back.begin);
    CHECK(front.size() >= back.size());
    CHECK(back.size() > 0);
    todo.push_back(front);
    todo.push_back(back);
  }
  CHECK(alone.size() == 7);
}

TEST_CASE("a batch is sent again after a lost connection or a lost commit") {
  CHECK(pg::after_failure(transient("pg:lost", ""), 9) == pg::remedy::again);
  CHECK(pg::after_failure(in_doubt("pg:lost", ""), 9) == pg::remedy::again);
}

TEST_CASE("a batch is split where a row may be the cause and the last one is isolated") {
  CHECK(pg::after_failure(permanent("sqlstate:22P05", ""), 9) == pg::remedy::split);
  CHECK(pg::after_failure(permanent("sqlstate:54000", ""), 2) == pg::remedy::split);
  CHECK(pg::after_failure(permanent("sqlstate:22P05", ""), 1) == pg::remedy::isolate);
}

TEST_CASE("a deadlock and a serialization failure are waits for somebody else") {
  for (const char* code : {"sqlstate:55P03", "sqlstate:40P01", "sqlstate:40001"})
    CHECK(pg::is_lock_timeout(transient(code, "")));
  CHECK_FALSE(pg::is_lock_timeout(transient("sqlstate:57014", "")));
}

TEST_CASE("whatever a trigger of the shop raises is one row's fault, a lost lease is not") {
  for (const char* code : {"sqlstate:P0001", "sqlstate:23514", "sqlstate:09000", "sqlstate:SHOP1",
                           "sqlstate:SV001", "sqlstate:SV002", "sqlstate:SV003"}) {
    CAPTURE(code);
    CHECK(pg::after_failure(permanent(code, ""), 2) == pg::remedy::split);
    CHECK(pg::after_failure(permanent(code, ""), 1) == pg::remedy::isolate);
  }
  for (const char* code : {"suivi:SV001", "suivi:SV002", "sqlstate:42501", "pg:misuse"}) {
    CAPTURE(code);
    CHECK(pg::after_failure(permanent(code, ""), 2) == pg::remedy::give_up);
  }
}

TEST_CASE("a batch is given up where no row is the cause") {
  CHECK(pg::after_failure(permanent("sqlstate:42P01", ""), 9) == pg::remedy::give_up);
  CHECK(pg::after_failure(permanent("sqlstate:42501", ""), 1) == pg::remedy::give_up);
}
