// The spool's asynchronous face: many at once, limits, and a loop that never waits for the disk.
#include "common/runtime/task_group.hpp"
#include "receiver/spool/spool.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"
#include "tests/support/small_disk.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

spooled webhook(int n, std::size_t bytes = 10) {
  spooled row;
  row.received_at = instant(microseconds(1'700'000'000'000'000 + n));
  row.raw = std::to_string(n) + std::string(bytes, 'x');
  return row;
}

task<void> keep_one(spool& where, int n, std::vector<result<void>>& answers) {
  auto row = webhook(n);
  auto kept = co_await where.append(std::move(row));
  answers[static_cast<std::size_t>(n)] = kept;
}

std::size_t count(const std::vector<result<void>>& answers, std::string_view code) {
  return static_cast<std::size_t>(std::count_if(answers.begin(), answers.end(), [&](const auto& a) {
    return code.empty() ? a.has_value() : !a && a.error().code == code;
  }));
}

} // namespace

TEST_CASE("many webhooks at once are kept in the order of their coming") {
  test::folder folder;
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    spool where(executor, {.folder = folder.path()});
    std::vector<result<void>> answers(3'000, transient("test:none", ""));
    runtime::task_group all(executor);
    for (int n = 0; n < 3'000; ++n) all.spawn("keep", keep_one(where, n, answers));
    co_await all.join();
    CHECK(count(answers, "") == 3'000);
    CHECK(where.now().depth.rows == 3'000);
    CHECK(where.accepts());
    auto rows = co_await where.read(0, 5'000, 1 << 30);
    REQUIRE(rows);
    REQUIRE(rows->size() == 3'000);
    for (int n = 0; n < 3'000; ++n) CHECK((*rows)[static_cast<std::size_t>(n)].raw == webhook(n).raw);
  });
}

TEST_CASE("while somebody else holds the file the loop goes on and the webhook is kept afterwards") {
  test::folder folder;
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    spool where(executor, {.folder = folder.path(), .patience = 30s});
    auto ready = co_await where.probe();
    REQUIRE(ready);
    auto neighbor = sqlite::open(folder.path() + "/spool.db", 1000);
    REQUIRE(neighbor);
    REQUIRE(neighbor->run("begin immediate"));
    std::vector<result<void>> answers(1, transient("test:none", ""));
    runtime::task_group all(executor);
    all.spawn("keep", keep_one(where, 0, answers));
    for (int turn = 0; turn < 10; ++turn) co_await runtime::sleep_for(10ms);
    CHECK(answers[0].has_error());
    REQUIRE(neighbor->run("rollback"));
    co_await all.join();
    CHECK(answers[0]);
  });
}

TEST_CASE("a disk that hangs is said to, keeps nobody waiting for long, and is used again once it answers") {
  test::folder folder;
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    spool where(executor, {.folder = folder.path(), .patience = 1s});
    while (!where.accepts()) (void)co_await where.probe();
    auto neighbor = sqlite::open(folder.path() + "/spool.db", 1000);
    REQUIRE(neighbor);
    REQUIRE(neighbor->run("begin immediate")); // in the disk's place
    steady_time in_an_hour = std::chrono::steady_clock::now() + 1h;
    auto row = webhook(1);
    auto first = co_await where.append(std::move(row), in_an_hour);
    REQUIRE_FALSE(first);
    CHECK(first.error().code == "spool:slow");
    CHECK_FALSE(where.accepts());
    row = webhook(2);
    auto second = co_await where.append(std::move(row), in_an_hour);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == "spool:slow");
    REQUIRE(neighbor->run("rollback"));
    while (!where.accepts()) (void)co_await where.probe();
    row = webhook(3);
    auto third = co_await where.append(std::move(row));
    CHECK(third);
  });
}

TEST_CASE("a full spool says so and takes again after something was taken out") {
  test::folder folder;
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    spool where(executor, {.folder = folder.path(), .bytes_max = 10 * spool_cost(webhook(1))});
    std::vector<result<void>> answers(20, transient("test:none", ""));
    runtime::task_group all(executor);
    for (int n = 0; n < 20; ++n) all.spawn("keep", keep_one(where, n, answers));
    co_await all.join();
    CHECK(count(answers, "") >= 9);
    CHECK(count(answers, "spool:full") >= 9);
    CHECK_FALSE(where.accepts());
    auto rows = co_await where.read(0, 5, 1 << 30);
    REQUIRE(rows);
    std::vector<std::int64_t> ids;
    for (const auto& row : *rows) ids.push_back(row.id);
    auto removed = co_await where.remove(rows->front().generation, std::move(ids));
    CHECK(removed);
    CHECK(where.accepts());
    auto row = webhook(1);
    auto kept = co_await where.append(std::move(row));
    CHECK(kept);
  });
}

TEST_CASE("more than may wait for the disk is refused at once") {
  test::folder folder;
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    spool where(executor, {.folder = folder.path(), .queued_rows = 5});
    std::vector<result<void>> answers(50, transient("test:none", ""));
    runtime::task_group all(executor);
    for (int n = 0; n < 50; ++n) all.spawn("keep", keep_one(where, n, answers));
    co_await all.join();
    CHECK(count(answers, "spool:queue") > 0);
    CHECK(count(answers, "") >= 5);
    CHECK(count(answers, "spool:queue") + count(answers, "") == 50);
    CHECK(where.now().depth.rows == count(answers, ""));
  });
}

TEST_CASE("a spool on a disk without room takes nothing, tells what is in it, and gives it out") {
  test::small_disk disk(2);
  if (!disk.why_not().empty()) {
    MESSAGE("no small disk: " << disk.why_not());
    return;
  }
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    spool::options where{.folder = disk.path() + "/spool"};
    spool before(executor, where);
    auto row = webhook(1);
    auto kept = co_await before.append(row);
    REQUIRE(kept);
    auto ballast = disk.path() + "/ballast";
    auto space = std::filesystem::space(disk.path()).available;
    std::ofstream(ballast) << std::string(space - (200 << 10), 'x');

    spool after(executor, where); // as of a process that starts now
    auto probed = co_await after.probe();
    CHECK_FALSE(probed);
    CHECK_FALSE(after.accepts());
    CHECK(after.now().depth.rows == 1);
    auto there = co_await after.read(0, 10, 1'000'000);
    REQUIRE(there);
    REQUIRE(there->size() == 1);
    std::vector<std::int64_t> ids{there->front().id};
    auto removed = co_await after.remove(there->front().generation, std::move(ids));
    CHECK(removed);
    CHECK(after.now().depth.rows == 0);
    CHECK_FALSE(after.accepts());

    std::filesystem::remove(ballast);
    auto again = co_await after.probe();
    CHECK(again);
    CHECK(after.accepts());
  });
}

TEST_CASE("a spool that cannot be used says so and is used as soon as it can") {
  test::folder folder;
  auto blocked = folder.path() + "/blocked";
  std::filesystem::create_symlink("/dev/null", blocked);
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    spool where(executor, {.folder = blocked});
    auto row = webhook(1);
    auto refused = co_await where.append(row);
    CHECK_FALSE(refused);
    CHECK_FALSE(where.accepts());
    std::filesystem::remove(blocked);
    auto kept = co_await where.append(row);
    CHECK(kept);
    CHECK(where.accepts());
  });
}
