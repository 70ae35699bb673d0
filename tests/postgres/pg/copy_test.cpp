// COPY … FROM STDIN: many rows with flat memory, refusals, and a connection that is usable afterwards.
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using test::connected;
using test::run;

TEST_CASE("a hundred thousand rows are copied in and counted") {
  test::database database(test::holding::nothing);
  database.execute("create table t (n bigint, filler text)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    std::int64_t n = 0;
    std::size_t largest = 0;
    std::function<bool(std::string&)> next = [&](std::string& buffer) {
      CHECK(buffer.empty());
      for (int i = 0; i < 1000; ++i)
        buffer += std::to_string(n++) + "\tsome text that takes room in every buffer\n";
      largest = std::max(largest, buffer.size());
      return n < 100'000;
    };
    auto copied = co_await db.copy_in("copy t from stdin", next);
    REQUIRE(copied);
    CHECK(*copied == 100'000);
    CHECK(db.alive());
    pg::statement sum{"", "select count(*), sum(n)::bigint from t"};
    auto got = co_await db.run(sum);
    REQUIRE(got);
    CHECK(got->integer(0, 0) == 100'000);
    CHECK(got->integer(0, 1) == 4'999'950'000);
  });
}

TEST_CASE("no rows at all are a COPY too") {
  test::database database(test::holding::nothing);
  database.execute("create table t (n bigint)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    std::function<bool(std::string&)> next = [](std::string&) { return false; };
    auto copied = co_await db.copy_in("copy t from stdin", next);
    REQUIRE(copied);
    CHECK(*copied == 0);
  });
}

TEST_CASE("one bad row refuses the whole COPY and the connection goes on") {
  test::database database(test::holding::nothing);
  database.execute("create table t (n bigint)");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    int calls = 0;
    std::function<bool(std::string&)> next = [&](std::string& buffer) {
      buffer = calls == 1 ? "no number\n" : "1\n";
      return ++calls < 50;
    };
    auto copied = co_await db.copy_in("copy t from stdin", next);
    REQUIRE_FALSE(copied);
    CHECK(copied.error().code == "sqlstate:22P02");
    CHECK(db.alive());
    auto no_table = co_await db.copy_in("copy nowhere from stdin", next);
    REQUIRE_FALSE(no_table);
    CHECK(no_table.error().code == "sqlstate:42P01");
    CHECK(db.alive());
    auto no_copy = co_await db.copy_in("select 1", next);
    REQUIRE_FALSE(no_copy);
    CHECK(no_copy.error().code == "pg:misuse");
  });
  CHECK(database.number("select count(*) from t") == 0);
}

TEST_CASE("a source that throws leaves no half a COPY behind") {
  test::database database(test::holding::nothing);
  database.execute("create table t (n bigint)");
  auto options = database.options();
  auto copying = [&]() -> task<void> {
    auto db = co_await connected(options);
    std::function<bool(std::string&)> next = [](std::string& buffer) -> bool {
      buffer = "1\n";
      throw std::runtime_error("the source failed");
    };
    bool thrown = false;
    try {
      co_await db.copy_in("copy t from stdin", next);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    CHECK_FALSE(db.alive());
  };
  run(copying);
  CHECK(database.number("select count(*) from t") == 0);
}

TEST_CASE("a server that does not read for a while holds the source back until it reads again") {
  test::database database(test::holding::nothing);
  // The first row waits in its trigger, while the rest fills every buffer on the way.
  database.execute("create table t (n bigint, filler text);"
                   "create function wait() returns trigger language plpgsql as"
                   " $$ begin if new.n = 0 then perform pg_sleep(0.5); end if; return new; end $$;"
                   "create trigger wait before insert on t for each row execute function wait()");
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    std::int64_t n = 0;
    std::string filler(10'000, 'x');
    std::function<bool(std::string&)> next = [&](std::string& buffer) {
      for (int i = 0; i < 10; ++i) buffer += std::to_string(n++) + "\t" + filler + "\n";
      return n < 2'000;
    };
    auto copied = co_await db.copy_in("copy t from stdin", next);
    REQUIRE(copied);
    CHECK(*copied == 2'000);
  });
}
