// Servers that are late, end the session, or vanish: the error's kind, and a connection never used half-way.
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include "common/runtime/task_group.hpp"
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <optional>

using namespace suivi;
using test::connected;
using test::run;

namespace {

task<std::int64_t> backend_of(pg::connection& db) {
  pg::statement ask{"", "select pg_backend_pid()"};
  auto got = co_await db.run(ask);
  co_return got->integer(0, 0);
}

// Ends the backend as soon as it runs what contains `marker` (or at once, without marker).
task<void> terminate(pg::connect_options options, std::int64_t backend, std::string marker) {
  auto db = co_await connected(options);
  auto text = fmt::format(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid = {} and query like '%{}%'"
      " and ('{}' = '' or state = 'active')",
      backend, marker, marker);
  for (bool ended = false; !ended;) {
    pg::statement question{"", text};
    auto got = co_await db.run(question);
    ended = got && !got->empty();
  }
}

// The error of running `steps` while the backend is terminated in the midst of them.
task<error> terminated_in(const pg::connect_options& options, pg::pipeline steps) {
  auto executor = co_await asio::this_coro::executor;
  auto db = co_await connected(options);
  auto backend = co_await backend_of(db);
  runtime::task_group others(executor);
  others.spawn("terminate", terminate(options, backend, "pg_sleep"));
  auto got = co_await db.run(std::move(steps));
  co_await others.join();
  CHECK_FALSE(db.alive());
  REQUIRE_FALSE(got);
  co_return got.error();
}

constexpr pg::statement begin{"", "begin"};
constexpr pg::statement commit{"", "commit"};
constexpr pg::statement insert{"", "insert into t values (1)"};
constexpr pg::statement nap{"", "select pg_sleep(50)"};
constexpr pg::statement one{"", "select 1"};

} // namespace

TEST_CASE("the server's statement_timeout comes first and leaves the connection usable") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  options.statement_timeout = milliseconds(50);
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto got = co_await db.run(nap);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "sqlstate:57014");
    CHECK(got.error().kind == failure::transient);
    CHECK(db.alive());
    auto next = co_await db.run(one);
    CHECK(next);
  });
}

TEST_CASE("our own deadline ends a call and the connection with it") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  options.answer_timeout = milliseconds(50);
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    pg::pipeline steps;
    steps.add(begin);
    steps.add(nap);
    auto got = co_await db.run(std::move(steps));
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "pg:timeout");
    CHECK(got.error().kind == failure::transient);
    CHECK_FALSE(db.alive());
    auto next = co_await db.run(one);
    REQUIRE_FALSE(next);
    CHECK(next.error().code == "pg:lost");
    CHECK(next.error().kind == failure::transient);

    auto other = co_await connected(options);
    auto alone = co_await other.run(nap);
    REQUIRE_FALSE(alone);
    CHECK(alone.error().kind == failure::in_doubt);
    auto third = co_await connected(options);
    auto script = co_await third.run_script("select pg_sleep(50)");
    REQUIRE_FALSE(script);
    CHECK(script.error().code == "pg:timeout");
    CHECK_FALSE(third.alive());
  });
}

TEST_CASE("a session terminated in mid-statement is a passing error told by the server") {
  test::database database(test::holding::nothing);
  database.execute("create table t (a int)");
  auto options = database.options();
  run([&]() -> task<void> {
    pg::pipeline steps;
    steps.add(begin);
    steps.add(insert);
    steps.add(nap);
    steps.add(commit);
    auto why = co_await terminated_in(options, std::move(steps));
    CHECK(why.code == "sqlstate:57P01");
    CHECK(why.kind == failure::transient);
    auto again = co_await connected(options);
    auto next = co_await again.run(one);
    CHECK(next);
  });
  CHECK(database.number("select count(*) from t") == 0);
}

TEST_CASE("a session terminated while a COMMIT is under way is in doubt or was told to have failed") {
  test::database database(test::holding::nothing);
  // The commit itself lasts: a deferred trigger sleeps in it.
  database.execute("create table t (a int);"
                   "create function wait() returns trigger language plpgsql as"
                   " $$ begin perform pg_sleep(50); return null; end $$;"
                   "create constraint trigger slow_commit after insert on t deferrable initially deferred"
                   " for each row execute function wait()");
  auto options = database.options();
  options.statement_timeout = milliseconds(0);
  auto executing = [&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    auto db = co_await connected(options);
    auto backend = co_await backend_of(db);
    runtime::task_group others(executor);
    others.spawn("terminate", terminate(options, backend, "insert"));
    auto got = co_await db.run(insert);
    co_await others.join();
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "sqlstate:57P01");
    CHECK(got.error().kind == failure::in_doubt);
    CHECK_FALSE(db.alive());
    auto again = co_await connected(options);
    auto next = co_await again.run(one);
    CHECK(next);
  };
  run(executing);
}

TEST_CASE("an idle session that the server ended is noticed before it is used") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  run([&]() -> task<void> {
    auto db = co_await connected(options);
    auto backend = co_await backend_of(db);
    co_await terminate(options, backend, "");
    auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30 * test::slowness);
    while (db.alive() && std::chrono::steady_clock::now() < until)
      co_await runtime::sleep_for(milliseconds(5));
    CHECK_FALSE(db.alive());
    auto got = co_await db.run(insert);
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == failure::transient); // nothing was sent
  });
}

TEST_CASE("a canceled call closes the connection") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  auto executing = [&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    auto db = co_await connected(options);
    auto backend = co_await backend_of(db);
    auto sleeping = [&]() -> task<void> { co_await db.run(nap); };
    runtime::task_group group(executor);
    group.spawn("sleeping", sleeping());
    auto other = co_await connected(options);
    auto text = fmt::format(
        "select state = 'active' and query like '%pg_sleep%' from pg_stat_activity where pid = {}", backend);
    for (bool active = false; !active;) {
      pg::statement question{"", text};
      auto got = co_await other.run(question);
      active = got && !got->empty() && got->boolean(0, 0);
    }
    group.cancel();
    co_await group.join();
    CHECK_FALSE(db.alive());
    auto next = co_await other.run(one);
    CHECK(next);
  };
  run(executing);
}

// libpq closes its socket as soon as it notices that the server has gone, and the next one opened gets the
// same number.
TEST_CASE("a lost connection that is thrown away late leaves the one that came after it alone") {
  test::database database(test::holding::nothing);
  auto options = database.options();
  options.answer_timeout = milliseconds(10'000);
  run([&]() -> task<void> {
    std::optional<pg::connection> lost = co_await connected(options);
    auto backend = co_await backend_of(*lost);
    co_await terminate(options, backend, "");
    while (lost->alive()) co_await runtime::sleep_for(milliseconds(1));
    auto next = co_await connected(options);
    lost.reset();
    auto begun = std::chrono::steady_clock::now();
    auto answered = co_await next.run(one);
    CHECK(answered);
    CHECK(std::chrono::steady_clock::now() - begun < milliseconds(9'000));
    CHECK(next.alive());
  });
}
