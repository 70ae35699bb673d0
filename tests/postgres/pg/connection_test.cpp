// One connection against a real server: values of every type, prepared statements, scripts.
#include "common/sqlstate/sqlstate.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using test::connected;
using test::run;

TEST_CASE("every parameter type comes back as it was sent") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    instant when = *parse_instant("1969-12-31T23:59:59.123456Z");
    std::string raw("\0\xff\\x'\n", 6);
    pg::params p;
    p.text("l'été").integer(-9'000'000'000).boolean(true).bytes(raw).timestamp(when);
    p.timestamp(instant::max());
    pg::statement all{"", "select $1, $2, $3, $4, $5, $6, $4 is null, pg_typeof($5)::text, -0.125::float8"};
    auto got = co_await db.run(all, std::move(p));
    REQUIRE(got);
    CHECK(got->text(0, 0) == "l'été");
    CHECK(got->integer(0, 1) == -9'000'000'000);
    CHECK(got->boolean(0, 2));
    CHECK(got->bytes(0, 3) == raw);
    CHECK(got->timestamp(0, 4) == when);
    CHECK(got->timestamp(0, 5) == instant::max());
    CHECK_FALSE(got->boolean(0, 6));
    CHECK(got->text(0, 7) == "timestamp with time zone");
    CHECK(got->real(0, 8) == -0.125);
  });
}

TEST_CASE("NULL of every type comes back as NULL") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::params p;
    p.text({}).integer({}).boolean({}).bytes({}).timestamp({});
    pg::statement all{"", "select $1, $2, $3, $4, $5"};
    auto got = co_await db.run(all, std::move(p));
    REQUIRE(got);
    for (std::size_t column = 0; column < 5; ++column) CHECK(got->null(0, column));
    CHECK_FALSE(got->maybe_text(0, 0));
    CHECK_FALSE(got->maybe_integer(0, 1));
    CHECK_FALSE(got->maybe_timestamp(0, 4));
  });
}

TEST_CASE("arrays come back with their NULLs and may be empty") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    std::string raw("\0\xff", 2);
    pg::params p;
    p.texts({"a,{}\"\\", std::nullopt, ""})
        .integers({-1, std::nullopt})
        .booleans({true, std::nullopt, false});
    p.byte_strings({raw, std::nullopt}).instants({*parse_instant("2026-01-31T09:30:00.5Z"), std::nullopt});
    pg::statement unnest{"", "select t, i, b, y, at from unnest($1, $2, $3, $4, $5)"
                             " with ordinality as u(t, i, b, y, at, n) order by n"};
    auto got = co_await db.run(unnest, std::move(p));
    REQUIRE(got);
    REQUIRE(got->size() == 3);
    CHECK(got->text(0, 0) == "a,{}\"\\");
    CHECK(got->null(1, 0));
    CHECK(got->text(2, 0).empty());
    CHECK(got->maybe_integer(0, 1) == -1);
    CHECK_FALSE(got->maybe_integer(1, 1));
    CHECK(got->boolean(0, 2));
    CHECK(got->null(1, 2));
    CHECK_FALSE(got->boolean(2, 2));
    CHECK(got->bytes(0, 3) == raw);
    CHECK(got->null(1, 3));
    CHECK(got->maybe_timestamp(0, 4) == parse_instant("2026-01-31T09:30:00.5Z"));
    CHECK_FALSE(got->maybe_timestamp(1, 4));

    pg::params empty;
    empty.texts({}).integers({}).booleans({}).byte_strings({}).instants({});
    pg::statement count{"", "select cardinality($1) + cardinality($2) + cardinality($3) + cardinality($4)"
                            " + cardinality($5)"};
    auto none = co_await db.run(count, std::move(empty));
    REQUIRE(none);
    CHECK(none->integer(0, 0) == 0);
  });
}

TEST_CASE("a session whose machine is gone without a word is ended by the server within a minute or so") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto db = co_await connected(database.options());
    pg::statement ask{
        "", "select name || ' ' || setting from pg_settings where name like 'tcp_keepalives%' order by 1"};
    auto got = co_await db.run(ask);
    REQUIRE(got);
    REQUIRE(got->size() == 3);
    CHECK(got->text(0, 0) == "tcp_keepalives_count 3");
    CHECK(got->text(1, 0) == "tcp_keepalives_idle 30");
    CHECK(got->text(2, 0) == "tcp_keepalives_interval 10");
  });
}

TEST_CASE("a session has the settings that Suivi relies on") {
  test::database database(test::holding::nothing);
  database.execute(
      "create schema \"my shop\"; create table \"my shop\".t (a int); insert into \"my shop\".t values (7)");
  auto options = database.options();
  options.url = test::with_parameters(options.url, "schema=my%20shop&connection_limit=1&pgbouncer=true");
  options.application_name = "suivi test";
  options.statement_timeout = milliseconds(1234);
  options.idle_in_transaction_timeout = milliseconds(5678);
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement ask{"", "select current_setting('statement_timeout'), current_setting('TimeZone'),"
                          " current_setting('idle_in_transaction_session_timeout'),"
                          " current_setting('application_name'), current_setting('DateStyle'),"
                          " current_setting('client_encoding'), (select a from t)"};
    auto got = co_await db.run(ask);
    REQUIRE(got);
    CHECK(got->text(0, 0) == "1234ms");
    CHECK(got->text(0, 1) == "UTC");
    CHECK(got->text(0, 2) == "5678ms");
    CHECK(got->text(0, 3) == "suivi test");
    CHECK(got->text(0, 4).starts_with("ISO"));
    CHECK(got->text(0, 5) == "UTF8");
    CHECK(got->integer(0, 6) == 7);
  });
}

TEST_CASE(
    "commits are synchronous and the shop's tables are those of public, whatever database and role set") {
  test::database database(test::holding::nothing);
  database.execute("do $$ begin execute format('alter database %I set synchronous_commit = off', "
                   "current_database()); execute format('alter database %I set search_path = elsewhere', "
                   "current_database()); end $$; create schema elsewhere; create table elsewhere.t (a int); "
                   "create table public.t (a int); insert into public.t values (1)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement ask{"", "select current_setting('synchronous_commit'), (select count(*) from t)"};
    auto got = co_await db.run(ask);
    REQUIRE(got);
    CHECK(got->text(0, 0) == "on");
    CHECK(got->integer(0, 1) == 1);
  });
}

TEST_CASE("a named statement is prepared once on a connection and used again") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement twice{"twice", "select $1 * 2"};
    for (std::int64_t n = 0; n < 3; ++n) {
      pg::params p;
      p.integer(n);
      auto got = co_await db.run(twice, std::move(p));
      REQUIRE(got);
      CHECK(got->integer(0, 0) == n * 2);
    }
    pg::statement count{"", "select count(*), max(generic_plans + custom_plans) from pg_prepared_statements"};
    auto kept = co_await db.run(count);
    REQUIRE(kept);
    CHECK(kept->integer(0, 0) == 1);
    CHECK(kept->integer(0, 1) == 3);
  });
}

TEST_CASE("a statement that could not be prepared is prepared at the next try") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement read{"read", "select a from late"};
    auto missing = co_await db.run(read);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == "sqlstate:42P01");
    CHECK(missing.error().kind == failure::permanent);
    CHECK(db.alive());
    auto made = co_await db.run_script("create table late (a int); insert into late values (1)");
    REQUIRE(made);
    auto there = co_await db.run(read);
    REQUIRE(there);
    CHECK(there->integer(0, 0) == 1);
  });
}

TEST_CASE("a prepared statement that the server dropped or outgrew is prepared anew, within a transaction by "
          "the next "
          "connection") {
  test::database database(test::holding::nothing);
  database.execute("create table t (a int)");
  auto options = database.options();
  run([&]() -> task<void> {
    pg::statement read{"read", "select * from t"}, begin{"", "begin"};
    for (const char* accident : {"deallocate all", "alter table t add {} int"}) {
      CAPTURE(accident);
      auto db = co_await connected(options);
      for (std::string column : {"b", "c"}) {
        bool within = column == "c";
        auto first = co_await db.run(read);
        REQUIRE(first);
        if (within) {
          auto begun = co_await db.run(begin);
          REQUIRE(begun);
        }
        std::string script = fmt::format(fmt::runtime(accident), column);
        auto done = co_await db.run_script(script);
        REQUIRE(done);
        auto again = co_await db.run(read);
        CHECK(again.has_value() != within);
        CHECK(db.alive() != within);
        if (within) CHECK(again.error().kind == failure::transient);
      }
    }
    auto other = co_await connected(options); // somebody else's statement has the name, as through a pooler
    auto taken = co_await other.run_script("insert into t values (7); prepare read as select 1");
    REQUIRE(taken);
    auto got = co_await other.run(read);
    REQUIRE(got);
    CHECK(got->integer(0, 0) == 7);
  });
}

TEST_CASE("affected rows are counted") {
  test::database database(test::holding::nothing);
  database.execute("create table t (a int); insert into t select generate_series(1, 10)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement remove{"", "delete from t where a > 3"};
    auto got = co_await db.run(remove);
    REQUIRE(got);
    CHECK(got->affected() == 7);
    CHECK(got->empty());
  });
}

TEST_CASE("an error tells constraint and SQLSTATE but no row") {
  test::database database(test::holding::nothing);
  database.execute(
      "create table t (phone text constraint one_phone unique); insert into t values ('0550-1')");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::statement again{"", "insert into t values ('0550-1')"};
    auto got = co_await db.run(again);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "sqlstate:23505");
    CHECK(got.error().detail.find("one_phone") != std::string::npos);
    CHECK(got.error().detail.find("0550") == std::string::npos);
    CHECK(db.alive());
  });
}

TEST_CASE("an error that a function raises tells none of its words, whatever SQLSTATE it chose") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    for (std::string state : {"P0001", "42501", "55P03", "XX000"}) {
      std::string text = "do $$ begin raise exception 'Example Person 0550' using errcode = '" + state +
                         "', constraint = 'Example Person', column = 'Example Person'; end $$";
      pg::statement raise{"", text};
      auto got = co_await db.run(raise);
      REQUIRE_FALSE(got);
      CHECK(got.error().code == "sqlstate:" + state);
      CHECK(got.error().detail.find("Example") == std::string::npos);
    }
  });
}

TEST_CASE("what a statement of Suivi's own raises under its own codes has its words, and nobody else's has") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    for (bool ours : {true, false}) {
      pg::statement raise{
          "", "do $$ begin raise exception 'the lease was taken over' using errcode = 'SV002'; end $$", false,
          ours};
      auto refused = co_await db.run(raise);
      REQUIRE_FALSE(refused);
      CHECK((refused.error().code == pg::term_passed) == ours);
      CHECK((refused.error().detail == "the lease was taken over") == ours);
      CHECK(pg::sqlstate_of(refused.error()) == (ours ? "" : "SV002"));
    }
  });
}

TEST_CASE("what a table's rules never allow is permanent, on a fresh connection too") {
  test::database database(test::holding::nothing);
  database.execute("create table t (x int); create rule no as on update to t do instead nothing");
  auto options = database.options();
  run([&]() -> task<void> {
    for (int i = 0; i < 2; ++i) {
      auto db = co_await connected(options);
      pg::statement update{"update_t", "update t set x = 1 returning x"};
      auto refused = co_await db.run(update);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == "sqlstate:0A000");
      CHECK(refused.error().kind == failure::permanent);
    }
  });
}

TEST_CASE("a script runs several statements and stops at the first error") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto broken = co_await db.run_script("create table a (x int); select 1/0; create table b (x int)");
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == "sqlstate:22012");
    CHECK(db.alive());
    CHECK_FALSE(db.in_transaction());
  });
  CHECK(database.value("select to_regclass('a') is null and to_regclass('b') is null") == "t");
}

TEST_CASE("a transaction is seen while it is open and after it failed") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    CHECK_FALSE(db.in_transaction());
    pg::statement begin{"", "begin"}, wrong{"", "select 1/0"}, rollback{"", "rollback"};
    co_await db.run(begin);
    CHECK(db.in_transaction());
    co_await db.run(wrong);
    CHECK(db.in_transaction());
    co_await db.run(rollback);
    CHECK_FALSE(db.in_transaction());
    CHECK(db.alive());
  });
}
