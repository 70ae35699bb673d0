// Statements sent together: order, errors in the middle, sizes that fill every buffer on the way.
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using test::connected;
using test::run;

namespace {

pg::params number(std::int64_t n) {
  pg::params p;
  p.integer(n);
  return p;
}

} // namespace

TEST_CASE("answers of a pipeline come in the order of its statements") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement named{"same", "select $1"}, unnamed{"", "select $1 + 1000"};
    for (int round = 0; round < 2; ++round) {
      pg::pipeline steps;
      for (std::int64_t n = 0; n < 100; ++n)
        CHECK(steps.add(n % 2 == 0 ? named : unnamed, number(n)) == std::size_t(n));
      auto got = co_await db.run(std::move(steps));
      REQUIRE(got);
      REQUIRE(got->size() == 100);
      for (std::int64_t n = 0; n < 100; ++n)
        CHECK((*got)[static_cast<std::size_t>(n)].integer(0, 0) == (n % 2 == 0 ? n : n + 1000));
    }
  });
}

TEST_CASE("an empty pipeline answers nothing") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto got = co_await db.run(pg::pipeline());
    REQUIRE(got);
    CHECK(got->empty());
  });
}

TEST_CASE("the first error ends a pipeline and nothing of it stays") {
  test::database database(test::holding::nothing);
  database.execute("create table t (a bigint primary key)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement insert{"insert", "insert into t values ($1)"}, later{"later", "select $1"};
    pg::pipeline steps;
    steps.add(insert, number(1));
    steps.add(insert, number(1));
    steps.add(later, number(2));
    auto got = co_await db.run(std::move(steps));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "sqlstate:23505");
    CHECK(db.alive());
    CHECK_FALSE(db.in_transaction());
    // `later` was skipped, its preparation too: it is prepared now.
    auto now = co_await db.run(later, number(3));
    REQUIRE(now);
    CHECK(now->integer(0, 0) == 3);
    auto once = co_await db.run(insert, number(1));
    CHECK(once);
  });
  CHECK(database.number("select count(*) from t") == 1);
}

TEST_CASE("an explicit transaction in a pipeline is left failed for the caller to roll back") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement begin{"", "begin"}, wrong{"", "select 1/0"}, commit{"", "commit"}, rollback{"", "rollback"};
    pg::pipeline steps;
    steps.add(begin);
    steps.add(wrong);
    steps.add(commit);
    auto got = co_await db.run(std::move(steps));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "sqlstate:22012");
    CHECK(db.in_transaction());
    auto back = co_await db.run(rollback);
    CHECK(back);
    CHECK_FALSE(db.in_transaction());
  });
}

TEST_CASE("an error that comes only with the commit is told") {
  test::database database(test::holding::nothing);
  database.execute("create table t (a int constraint c unique deferrable initially deferred)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement insert{"", "insert into t values (1), (1)"};
    auto got = co_await db.run(insert);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "sqlstate:23505");
    CHECK(db.alive());
    pg::statement one{"", "select 1"};
    auto next = co_await db.run(one);
    CHECK(next);
  });
}

TEST_CASE("large statements with small answers are sent to the end before the server says a word") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement measure{"measure", "select length($1)"};
    pg::statement nap{"",
                      "select pg_sleep(0.5)"}; // meanwhile the server reads nothing, and every buffer fills
    std::string large(300'000, 'x');
    pg::pipeline steps;
    steps.add(nap);
    for (int n = 0; n < 60; ++n) {
      pg::params p;
      p.text(large);
      steps.add(measure, std::move(p));
    }
    auto got = co_await db.run(std::move(steps));
    REQUIRE(got);
    CHECK(got->back().integer(0, 0) == 300'000);
  });
}

TEST_CASE("several megabytes go both ways in one pipeline without a deadlock") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement echo{"echo", "select $1"};
    std::string large(300'000, 'x');
    pg::pipeline steps;
    for (int n = 0; n < 60; ++n) {
      pg::params p;
      p.text(large);
      steps.add(echo, std::move(p));
    }
    auto got = co_await db.run(std::move(steps));
    REQUIRE(got);
    REQUIRE(got->size() == 60);
    for (const auto& one : *got) CHECK(one.text(0, 0) == large);
  });
}

TEST_CASE("COPY inside a pipeline is refused and costs the connection") {
  test::database database(test::holding::nothing);
  database.execute("create table t (a int)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement copy{"", "copy t from stdin"};
    auto got = co_await db.run(copy);
    REQUIRE_FALSE(got);
    CHECK(got.error().kind != failure::transient);
    CHECK_FALSE(db.alive());
  });
}
