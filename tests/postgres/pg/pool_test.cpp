// Connections shared by coroutines: order, bounds, replacement of what broke.
#include "common/pg/pool.hpp"
#include "common/runtime/task_group.hpp"
#include "tests/support/database.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <optional>

using namespace suivi;
using test::run;

namespace {

steady_time generous() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(30 * test::slowness);
}

pg::pool_options sized(const test::database& database, std::size_t size) {
  pg::pool_options options;
  options.connect = database.options();
  options.size = size;
  options.backoff_first = milliseconds(5);
  options.backoff_max = milliseconds(50);
  return options;
}

task<std::int64_t> backend_of(pg::connection& db) {
  pg::statement ask{"", "select pg_backend_pid()"};
  auto got = co_await db.run(ask);
  co_return got ? got->integer(0, 0) : -1;
}

task<pg::pool::lease> borrowed(pg::pool& pool) {
  auto got = co_await pool.acquire(generous());
  if (!got) throw std::runtime_error(to_string(got.error()));
  co_return std::move(*got);
}

task<void> take_number(pg::pool& pool, int number, std::vector<int>& order) {
  auto mine = co_await borrowed(pool);
  order.push_back(number);
  pg::statement one{"", "select 1"};
  auto got = co_await mine->run(one);
  CHECK(got);
}

task<std::int64_t> ended_backend(pg::pool& pool) {
  auto mine = co_await borrowed(pool);
  auto backend = co_await backend_of(*mine);
  pg::statement end{"", "select pg_terminate_backend(pg_backend_pid())"};
  auto got = co_await mine->run(end);
  REQUIRE_FALSE(got);
  CHECK(got.error().kind != failure::permanent);
  co_return backend;
}

task<void> call_until_lost(pg::pool& pool, int& answers, std::optional<error>& busy) {
  auto mine = co_await borrowed(pool);
  pg::statement ask{"", "select 1 from pg_sleep(0.05)"};
  while (!busy) {
    auto got = co_await mine->run(ask);
    if (got)
      ++answers;
    else
      busy = got.error();
  }
  CHECK_FALSE(mine->alive());
}

} // namespace

TEST_CASE("a connection is opened on demand and used again") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, sized(database, 3));
    CHECK_FALSE(pool.up());
    std::int64_t first = 0;
    for (int n = 0; n < 5; ++n) {
      auto mine = co_await borrowed(pool);
      auto backend = co_await backend_of(*mine);
      if (n == 0) first = backend;
      CHECK(backend == first);
    }
    CHECK(pool.up());
  });
}

TEST_CASE("no more connections are opened than the pool may hold and waiters are served in order") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, sized(database, 1));
    std::vector<int> order;
    runtime::task_group group(executor);
    {
      auto mine = co_await borrowed(pool);
      for (int n = 0; n < 20; ++n) group.spawn("waiter", take_number(pool, n, order));
      auto backend = co_await backend_of(*mine); // lets them all queue up
      CHECK(backend > 0);
    }
    co_await group.join();
    std::vector<int> expected;
    for (int n = 0; n < 20; ++n) expected.push_back(n);
    CHECK(order == expected);
  });
}

TEST_CASE("one waiter too many is refused at once and a late one gives up by its deadline") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    auto options = sized(database, 1);
    options.max_waiters = 2;
    pg::pool pool(executor, options);
    std::vector<int> order;
    runtime::task_group group(executor);
    {
      auto mine = co_await borrowed(pool);
      auto late = co_await pool.acquire(std::chrono::steady_clock::now() + milliseconds(10));
      REQUIRE_FALSE(late);
      CHECK(late.error().code == "pg:pool");
      for (int n = 0; n < 2; ++n) group.spawn("waiter", take_number(pool, n, order));
      co_await backend_of(*mine);
      auto refused = co_await pool.acquire(generous());
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == "pg:pool");
      CHECK(refused.error().kind == failure::transient);
    }
    co_await group.join();
    CHECK(order.size() == 2);
  });
}

TEST_CASE("whoever has hardly time to connect is given the server's reason, not that nothing came in time") {
  test::database database(test::holding::nothing);
  std::string role = "no_login_" + database.name();
  database.execute("create role " + role + " nologin");
  auto body = [&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool_options options = sized(database, 1);
    options.connect.url = test::with_user(database.owner_url(), role);
    options.backoff_first = options.backoff_max = milliseconds(0);
    pg::pool pool(executor, options);
    auto first = co_await pool.acquire(steady_now() + milliseconds(500 * test::slowness));
    REQUIRE(first.has_error());
    CHECK(first.error().detail.find("not permitted to log in") != std::string::npos);
    for (int time = 0; time < 50; ++time) {
      auto hurried = co_await pool.acquire(steady_now() + milliseconds(1));
      REQUIRE(hurried.has_error());
      CHECK(hurried.error().detail.find("not permitted to log in") != std::string::npos);
    }
  };
  run(body);
  database.execute("drop role " + role);
}

TEST_CASE("a connection in a transaction is closed instead of lent again") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, sized(database, 1));
    std::int64_t first = 0;
    {
      auto mine = co_await borrowed(pool);
      first = co_await backend_of(*mine);
      pg::statement begin{"", "begin"};
      co_await mine->run(begin);
    }
    auto mine = co_await borrowed(pool);
    auto second = co_await backend_of(*mine);
    CHECK(second != first);
    CHECK_FALSE(mine->in_transaction());
  });
}

TEST_CASE("a terminated session is replaced and the pool goes on") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, sized(database, 1));
    auto first = co_await ended_backend(pool);
    auto mine = co_await borrowed(pool);
    auto second = co_await backend_of(*mine);
    CHECK(second > 0);
    CHECK(second != first);
    CHECK(pool.up());
  });
}

TEST_CASE("when the server is lost every connection is let go of at once, one with a call under way too") {
  test::database database(test::holding::nothing);
  test::gate to_database(database.url());
  auto options = sized(database, 2);
  options.connect.url = to_database.url();
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, options);
    runtime::task_group group(executor);
    std::optional<error> busy;
    int answers = 0;
    group.spawn("call", call_until_lost(pool, answers, busy));
    std::int64_t former = 0;
    {
      auto other = co_await borrowed(pool);
      former = co_await backend_of(*other);
    }
    while (answers == 0) co_await runtime::sleep_for(milliseconds(5));
    to_database.strand();
    co_await runtime::sleep_for(milliseconds(200));
    CHECK_FALSE(busy);
    CHECK(pool.now().in_use == 1);
    CHECK(pool.now().idle == 1);
    auto begun = std::chrono::steady_clock::now();
    pool.renew();
    co_await group.join();
    CHECK(busy->code == "pg:lost");
    auto fresh = co_await borrowed(pool);
    auto backend = co_await backend_of(*fresh);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5 * test::slowness));
    CHECK(backend > 0);
    CHECK(backend != former);
    CHECK(pool.now().in_use == 1);
    CHECK(pool.now().idle == 0);
  });
}

TEST_CASE("an idle connection that the server closed is not lent") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, sized(database, 2));
    {
      auto one = co_await borrowed(pool);
      auto other = co_await borrowed(pool);
      auto victim = co_await backend_of(*one);
      auto text = fmt::format("select pg_terminate_backend({}, 30000)", victim); // waits until it has ended
      pg::statement ending{"", text};
      auto got = co_await other->run(ending);
      REQUIRE(got);
    }
    auto one = co_await borrowed(pool);
    auto other = co_await borrowed(pool);
    auto first = co_await backend_of(*one);
    auto second = co_await backend_of(*other);
    CHECK(first > 0);
    CHECK(second > 0);
  });
}

TEST_CASE(
    "while the database refuses the deadline brings the last connect error, and recovery needs no help") {
  test::database database(test::holding::nothing);
  auto forbid = fmt::format("alter database {} allow_connections false", database.name());
  auto allow = fmt::format("alter database {} allow_connections true", database.name());
  auto options = sized(database, 2);
  run([&]() -> task<void> {
    auto admin_options = database.options();
    admin_options.url = test::cluster_url();
    auto admin = co_await pg::connection::connect(admin_options);
    REQUIRE(admin);
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, options);
    co_await admin->run_script(forbid);
    auto refused = co_await pool.acquire(std::chrono::steady_clock::now() + milliseconds(300));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "pg:refused");
    CHECK_FALSE(pool.up());
    co_await admin->run_script(allow);
    auto mine = co_await borrowed(pool);
    auto backend = co_await backend_of(*mine);
    CHECK(backend > 0);
    CHECK(pool.up());
  });
}

TEST_CASE("a canceled waiter leaves the queue to the others") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    pg::pool pool(executor, sized(database, 1));
    std::vector<int> order;
    runtime::task_group given_up(executor), staying(executor);
    {
      auto mine = co_await borrowed(pool);
      given_up.spawn("first", take_number(pool, 1, order));
      staying.spawn("second", take_number(pool, 2, order));
      co_await backend_of(*mine);
      given_up.cancel();
      co_await given_up.join();
    }
    co_await staying.join();
    CHECK(order == std::vector<int>{2});
  });
}

TEST_CASE("a closed pool refuses, wakes its waiters, and takes late leases back") {
  test::database database(test::holding::nothing);
  run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    auto pool = std::make_unique<pg::pool>(executor, sized(database, 1));
    auto mine = co_await borrowed(*pool);
    runtime::task_group group(executor);
    auto waiting = [](pg::pool& from) -> task<void> {
      auto got = co_await from.acquire(generous());
      REQUIRE_FALSE(got);
      CHECK(got.error().code == "pg:pool");
    };
    group.spawn("waiter", waiting(*pool));
    co_await backend_of(*mine);
    pool->close();
    co_await group.join();
    pool.reset();
    auto backend = co_await backend_of(*mine);
    CHECK(backend > 0);
  });
}
