// A migration whose server is lost is given up long before its scripts' limit, and run by the next.
#include "common/pg/attended_migration.hpp"
#include "common/runtime/task_group.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <optional>

using namespace suivi;
using test::connected;
using test::run;

namespace {

constexpr milliseconds look_interval(100);

constexpr pg::migration two[] = {
    {1, "0001_first.sql", "create table suivi.a (x int)"},
    {2, "0002_second.sql", "create table suivi.b (x int); select pg_sleep(1)"},
};

task<void> migrate_into(pg::connect_options options, const test::database& beside,
                        std::optional<result<int>>& ended) {
  auto db = co_await connected(options);
  auto ran = co_await pg::migrate_attended(db, beside.options(), two, look_interval);
  CHECK(db.alive() == ran.has_value());
  ended = ran;
}

// Of this database: other tests migrate theirs meanwhile.
std::int64_t locks(const test::database& of) {
  return of.number("select count(*) from pg_locks l join pg_database d on d.oid = l.database"
                   " where l.locktype = 'advisory' and d.datname = current_database()");
}

} // namespace

TEST_CASE("scripts that take longer than a look are let run to their end") {
  test::database database(test::holding::nothing);
  std::optional<result<int>> ended;
  run([&]() -> task<void> { return migrate_into(database.options(), database, ended); });
  REQUIRE(*ended);
  CHECK(**ended == 2);
}

TEST_CASE("a migration whose server is lost in mid-script is given up soon, and the next one runs it") {
  test::database database(test::holding::nothing);
  test::gate to_database(database.url());
  std::optional<result<int>> ended;
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::connect_options options = database.options();
    options.url = to_database.url();
    options.idle_in_transaction_timeout = milliseconds(500); // then the lost session's lock is free
    runtime::task_group group(executor);
    group.spawn("migration", migrate_into(options, database, ended));
    while (database.value("select to_regclass('suivi.a') is null") == "t" || locks(database) == 0)
      co_await runtime::sleep_for(milliseconds(5));
    to_database.strand();
    co_await group.join();
    REQUIRE_FALSE(*ended);
    CHECK(ended->error().code == "pg:lost");
    CHECK(ended->error().kind == failure::transient);
    CHECK(locks(database) == 0);
    auto db = co_await connected(options);
    auto again = co_await pg::migrate_attended(db, database.options(), two, look_interval);
    REQUIRE(again);
    CHECK(*again == 1);
  });
  CHECK(database.number("select count(*) from suivi.schema_version") == 2);
}
