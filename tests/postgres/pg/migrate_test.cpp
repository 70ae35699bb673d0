// Numbered scripts: once, in order, by whomever of several comes first.
#include "common/pg/migrate.hpp"
#include "common/runtime/task_group.hpp"
#include "common/schema/schema.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <numeric>

using namespace suivi;
using test::connected;
using test::run;

namespace {

constexpr pg::migration three[] = {
    {1, "0001_first.sql", "create table suivi.a (x int); insert into suivi.a values (1)"},
    {2, "0002_second.sql", "alter table suivi.a add y int; select pg_sleep(0.1)"},
    {3, "0003_third.sql", "create table suivi.b (x int)"},
};

task<void> migrate_once(pg::connect_options options, std::vector<int>& counts) {
  auto db = co_await connected(options);
  auto ran = co_await pg::migrate(db, three);
  REQUIRE(ran);
  counts.push_back(*ran);
  CHECK(db.alive());
}

} // namespace

TEST_CASE("scripts run once and in order, and are recorded") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto missing = co_await pg::migrations_missing(db, three);
    REQUIRE(missing);
    CHECK(*missing == 3);
    auto first = co_await pg::migrate(db, std::span(three).first(1));
    REQUIRE(first);
    CHECK(*first == 1);
    missing = co_await pg::migrations_missing(db, three);
    CHECK(*missing == 2);
    auto rest = co_await pg::migrate(db, three);
    REQUIRE(rest);
    CHECK(*rest == 2);
    auto none = co_await pg::migrate(db, three);
    REQUIRE(none);
    CHECK(*none == 0);
    missing = co_await pg::migrations_missing(db, three);
    CHECK(*missing == 0);
  });
  CHECK(database.value(
            "select string_agg(version || ' ' || name, ', ' order by version) from suivi.schema_version") ==
        "1 0001_first.sql, 2 0002_second.sql, 3 0003_third.sql");
  // Of this database: other tests migrate theirs meanwhile.
  CHECK(database.number("select count(*) from pg_locks l join pg_database d on d.oid = l.database"
                        " where l.locktype = 'advisory' and d.datname = current_database()") == 0);
}

TEST_CASE("several that migrate at once do the work once") {
  test::database database(test::holding::nothing);
  std::vector<int> counts;
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    runtime::task_group group(executor);
    for (int n = 0; n < 4; ++n) group.spawn("migrate", migrate_once(database.options(), counts));
    co_await group.join();
  });
  CHECK(counts.size() == 4);
  CHECK(std::accumulate(counts.begin(), counts.end(), 0) == 3); // script by script, whoever is the next
  CHECK(database.number("select count(*) from suivi.a") == 1);
}

TEST_CASE("a failing script leaves the ones before it and nothing of itself") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    std::vector<pg::migration> broken(std::begin(three), std::end(three));
    broken[1].sql = "create table suivi.half (x int); select 1/0";
    auto failed = co_await pg::migrate(db, broken);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == "sqlstate:22012");
    CHECK(failed.error().detail.find("0002_second.sql") != std::string::npos);
    CHECK(db.alive());
    CHECK_FALSE(db.in_transaction());
    auto repaired = co_await pg::migrate(db, three);
    REQUIRE(repaired);
    CHECK(*repaired == 2);
  });
  CHECK(database.value("select to_regclass('suivi.half') is null") == "t");
}

TEST_CASE("a database ahead of the program is refused") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto all = co_await pg::migrate(db, three);
    REQUIRE(all);
    auto older = co_await pg::migrate(db, std::span(three).first(2));
    REQUIRE_FALSE(older);
    CHECK(older.error().code == "schema:newer");
    CHECK(older.error().kind == failure::permanent);
    auto probed = co_await pg::migrations_missing(db, std::span(three).first(2));
    REQUIRE_FALSE(probed);
    CHECK(probed.error().code == "schema:newer");
  });
}

TEST_CASE("a program goes on working on a newer schema that suits it and refuses one that does not") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  std::vector<pg::migration> newer(std::begin(three), std::end(three));
  newer.push_back({4, "0004_fourth.sql", "create table suivi.c (x int)", "4444", 3});
  newer.push_back({5, "0005_fifth.sql", "create table suivi.d (x int)", "5555", 2});
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto all = co_await pg::migrate(db, newer);
    REQUIRE(all);
    auto suited = co_await pg::migrate(db, three);
    REQUIRE_MESSAGE(suited, to_string(suited.error()));
    CHECK(*suited == 0);
    auto missing = co_await pg::migrations_missing(db, three);
    REQUIRE(missing);
    CHECK(*missing == 0);
    auto found = co_await pg::read_schema_status(db, three);
    REQUIRE(found);
    CHECK(found->version == 5);
    // The fourth needs a program that knows the third, whatever the fifth says.
    auto too_old = co_await pg::migrate(db, std::span(three).first(2));
    REQUIRE_FALSE(too_old);
    CHECK(too_old.error().code == "schema:newer");
    CHECK(too_old.error().detail ==
          "the database's schema is version 5 and suits programs that know version 3 or later; this program "
          "knows 2: run the newer one");
    // A row that says nothing was written by a program that knew nothing of this.
    auto unsaid = co_await db.run_script(
        "insert into suivi.schema_version (version, name) values (6, '0006_sixth.sql')");
    REQUIRE(unsaid);
    auto refused = co_await pg::migrations_missing(db, newer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "schema:newer");
  });
}

TEST_CASE("a record of before checksums is widened, and a script that ran with other words is told") {
  test::database database(test::holding::nothing);
  database.execute("create schema suivi; create table suivi.schema_version (version integer primary key,"
                   " name text not null, applied_at timestamptz not null default now());"
                   "create table suivi.a (x int, y int);"
                   "insert into suivi.schema_version values (1, '0001_first.sql'), (2, '0002_second.sql')");
  auto options = database.options();
  std::vector<pg::migration> scripts(std::begin(three), std::end(three));
  scripts[2].checksum = "3333";
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto before = co_await pg::read_schema_status(db, scripts);
    REQUIRE(before);
    CHECK(before->version == 2);
    auto ran = co_await pg::migrate(db, scripts);
    REQUIRE_MESSAGE(ran, to_string(ran.error()));
    CHECK(*ran == 1);
    auto same = co_await pg::read_schema_status(db, scripts);
    REQUIRE(same);
    CHECK(same->edited.empty());
    scripts[2].checksum = "other";
    auto edited = co_await pg::read_schema_status(db, scripts);
    REQUIRE(edited);
    CHECK(edited->edited == std::vector<std::string>{"0003_third.sql"});
  });
  CHECK(database.value("select string_agg(concat(version, checksum, compatible_from), ' ' order by version)"
                       " from suivi.schema_version") == "1 2 333333");
}

TEST_CASE("a schema that was lost is made again") {
  test::database database(test::holding::migrated_shop);
  database.execute("drop schema suivi cascade");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto ran = co_await pg::migrate(db, three);
    REQUIRE(ran);
    CHECK(*ran == 3);
  });
}

TEST_CASE("a test database holds the shop and the migrated schema") {
  test::database database;
  CHECK(database.value("select to_regclass('orders') is not null") == "t");
  CHECK(database.number("select count(*) from suivi.schema_version") > 0);
  test::database shop(test::holding::shop);
  CHECK(shop.value("select to_regnamespace('suivi') is null") == "t");
}

TEST_CASE("the schema is made in a database of another encoding too") {
  test::database neighbor(test::holding::nothing);
  for (std::string encoding : {"LATIN1", "SQL_ASCII"}) {
    CAPTURE(encoding);
    std::string name = neighbor.name() + "_narrow";
    neighbor.execute("create database " + name + " encoding '" + encoding +
                     "' lc_collate 'C' lc_ctype 'C' template template0");
    auto options = neighbor.options();
    options.url = test::with_database(neighbor.url(), name);
    run([&]() -> task<void> {
      auto db = co_await connected(options);
      auto ran = co_await pg::migrate(db, schema::all());
      CHECK_MESSAGE(ran, (ran ? "" : to_string(ran.error())));
    });
    neighbor.execute("drop database " + name + " with (force)");
  }
}
