// Life and end of coroutines: groups that are joined, wake-ups that are not lost, signals.
#include "common/runtime/lifetime.hpp"
#include "common/runtime/signals.hpp"
#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace suivi;
using namespace std::chrono_literals;
using runtime::task_group;
using runtime::wakeup;

namespace {

// Runs one coroutine to its end on a context of its own and throws what it throws.
template <class Body>
void run(Body body) {
  asio::io_context context(1);
  std::exception_ptr thrown;
  bool ended = false;
  asio::co_spawn(context, body(context.get_executor()), [&](std::exception_ptr e) {
    thrown = e;
    ended = true;
  });
  context.run_for(30s);
  REQUIRE(ended);
  if (thrown) std::rethrow_exception(thrown);
}

task<void> wait_for(wakeup& bell, int& ended) {
  co_await bell.wait();
  ++ended;
}

task<void> sleep_long(bool& cleaned_up) {
  struct on_exit {
    bool& flag;
    ~on_exit() { flag = true; }
  } guard{cleaned_up};
  co_await runtime::sleep_for(1h);
}

task<void> fail(const char* message) {
  co_await runtime::sleep_for(1ms);
  throw std::runtime_error(message);
}

task<void> raise_later(int signal) {
  co_await runtime::sleep_for(1ms);
  std::raise(signal);
}

steady_time in(std::chrono::milliseconds d) {
  return std::chrono::steady_clock::now() + d;
}

} // namespace

TEST_CASE("join returns when every coroutine of the group has ended") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    wakeup first(executor), second(executor);
    int ended = 0;
    group.spawn("first", wait_for(first, ended));
    group.spawn("second", wait_for(second, ended));
    CHECK(group.size() == 2);
    first.notify();
    bool all = co_await group.join_until(in(20ms));
    CHECK_FALSE(all);
    CHECK(ended == 1);
    second.notify();
    co_await group.join();
    CHECK(ended == 2);
    CHECK(group.size() == 0);
  };
  run(body);
}

TEST_CASE("join of an empty group returns at once") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    co_await group.join();
  };
  run(body);
}

TEST_CASE("cancel ends coroutines at their wait and their objects are destroyed") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    bool one = false, two = false;
    group.spawn("one", sleep_long(one));
    group.spawn("two", sleep_long(two));
    co_await runtime::sleep_for(1ms);
    group.cancel();
    co_await group.join();
    CHECK(one);
    CHECK(two);
  };
  run(body);
}

TEST_CASE("a coroutine that is canceled before it has begun ends without having begun") {
  run([](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    wakeup bell(executor);
    int ended = 0;
    group.spawn("canceled at once", wait_for(bell, ended));
    group.cancel();
    group.spawn("after that", wait_for(bell, ended));
    bell.notify();
    co_await group.join();
    CHECK(ended == 1);
    CHECK(group.size() == 0);
  });
}

TEST_CASE("a coroutine that cancels its own group before it has ever waited ends in order") {
  run([](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    auto cancel_all = [](task_group& own) -> task<void> {
      own.cancel();
      co_return;
    };
    group.spawn("cancels all", cancel_all(group));
    co_await group.join();
    CHECK(group.size() == 0);
  });
}

TEST_CASE("an exception of a coroutine comes out of join once, after all have ended") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    bool cleaned_up = false;
    group.spawn("fails", fail("example failure"));
    group.spawn("sleeps", sleep_long(cleaned_up));
    bool all = co_await group.join_until(in(50ms));
    CHECK_FALSE(all);
    group.cancel();
    std::string message;
    try {
      co_await group.join();
    } catch (const std::runtime_error& e) {
      message = e.what();
    }
    CHECK(message == "example failure");
    CHECK(cleaned_up);
    co_await group.join();
  };
  run(body);
}

namespace {

task<void> own_a_group(asio::any_io_executor executor, bool& child_ended, bool& group_ended) {
  task_group group(executor);
  group.spawn("child", sleep_long(child_ended));
  try {
    co_await group.join();
  } catch (const boost::system::system_error&) {
    group_ended = group.size() == 0;
    throw;
  }
}

} // namespace

TEST_CASE("a canceled owner takes its group with it and does not leave before it") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group outer(executor);
    bool child_ended = false, group_ended = false;
    outer.spawn("owner", own_a_group(executor, child_ended, group_ended));
    co_await runtime::sleep_for(1ms);
    outer.cancel();
    co_await outer.join();
    CHECK(child_ended);
    CHECK(group_ended);
  };
  run(body);
}

TEST_CASE("a notification while nobody waits is kept, and kept once") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    wakeup bell(executor);
    bell.notify();
    bell.notify();
    co_await bell.wait();
    bool again = co_await bell.wait_until(in(5ms));
    CHECK_FALSE(again);
  };
  run(body);
}

TEST_CASE("a notification ends a wait that has a limit before the limit") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    wakeup bell(executor);
    int ended = 0;
    group.spawn("waiter", wait_for(bell, ended));
    co_await runtime::sleep_for(1ms);
    bell.notify();
    co_await group.join();
    CHECK(ended == 1);
    bell.notify();
    bool notified = co_await bell.wait_until(in(1h));
    CHECK(notified);
  };
  run(body);
}

TEST_CASE("a canceled wait ends by operation_aborted and not as if it were notified") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    wakeup bell(executor);
    int ended = 0;
    group.spawn("waiter", wait_for(bell, ended));
    co_await runtime::sleep_for(1ms);
    group.cancel();
    co_await group.join();
    CHECK(ended == 0);
  };
  run(body);
}

TEST_CASE("a program told to stop before it has begun anything ends with status 0") {
  for (int signal : {SIGTERM, SIGINT}) {
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      runtime::end_at_stop_signals();
      std::raise(signal);
      std::_Exit(1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
}

TEST_CASE("SIGTERM and SIGINT each end the wait for a stop") {
  for (int signal : {SIGTERM, SIGINT}) {
    auto body = [signal](asio::any_io_executor executor) -> task<void> {
      task_group group(executor);
      group.spawn("raise", raise_later(signal));
      co_await runtime::stop_requested();
      co_await group.join();
    };
    run(body);
  }
}

TEST_CASE("a stop that came before anybody waited for it is heard all the same, whoever heard it first") {
  for (milliseconds later : {0ms, 50ms}) {
    runtime::stop_deadline deadline(1min);
    std::raise(SIGTERM);
    auto body = [later](asio::any_io_executor) -> task<void> {
      co_await runtime::sleep_for(later);
      co_await runtime::stop_requested();
    };
    run(body);
  }
  auto cancelled = [](asio::any_io_executor executor) -> task<void> {
    bool ended = false;
    auto wait = [&]() -> task<void> {
      co_await runtime::stop_requested();
      ended = true;
    };
    task_group group(executor);
    group.spawn("waits", wait());
    co_await runtime::sleep_for(10ms);
    group.cancel();
    co_await group.join();
    CHECK_FALSE(ended);
  };
  run(cancelled);
}

TEST_CASE("a group's listener hears of each failure and of no cancellation, and join does not throw then") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    int failures = 0;
    task_group group(executor, [&] { ++failures; });
    bool cleaned_up = false;
    group.spawn("fails", fail("example failure"));
    group.spawn("fails too", fail("example failure"));
    group.spawn("sleeps", sleep_long(cleaned_up));
    bool all = co_await group.join_until(in(50ms));
    CHECK_FALSE(all);
    CHECK(failures == 2);
    group.cancel();
    co_await group.join();
    CHECK(failures == 2);
  };
  run(body);
}

TEST_CASE("a lane that fails ends the process badly and a signal ends it well") {
  auto failing = [](asio::any_io_executor executor) -> task<void> {
    runtime::lifetime life(executor);
    task_group signals(executor), lanes(executor, life.on_failure());
    bool cleaned_up = false;
    signals.spawn("signals", life.watch_signals());
    lanes.spawn("goes on", sleep_long(cleaned_up));
    lanes.spawn("fails", fail("example failure"));
    co_await life.end_wanted();
    CHECK(life.failed());
    for (auto* group : {&signals, &lanes}) {
      group->cancel();
      co_await group->join();
    }
    CHECK(cleaned_up);
  };
  run(failing);
  auto body = [](asio::any_io_executor executor) -> task<void> {
    runtime::lifetime life(executor);
    task_group signals(executor);
    signals.spawn("signals", life.watch_signals());
    signals.spawn("raise", raise_later(SIGTERM));
    co_await life.end_wanted();
    CHECK_FALSE(life.failed());
    co_await signals.join();
  };
  run(body);
}

TEST_CASE("every SIGHUP reloads and none ends the wait for the next") {
  auto body = [](asio::any_io_executor executor) -> task<void> {
    task_group group(executor);
    int reloads = 0;
    wakeup reloaded(executor);
    group.spawn("reload", runtime::at_each_hangup([&] {
                  ++reloads;
                  reloaded.notify();
                }));
    for (int n = 1; n <= 3; ++n) {
      group.spawn("raise", raise_later(SIGHUP));
      co_await reloaded.wait();
      CHECK(reloads == n);
    }
    group.cancel();
    co_await group.join();
  };
  run(body);
}

TEST_CASE("the soft limit of open files becomes the hard one") {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  CHECK(runtime::raise_open_file_limit() == limit.rlim_max);
}
