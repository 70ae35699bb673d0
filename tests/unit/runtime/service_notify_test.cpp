// What the service manager hears, over a real socket of the kind it listens at.
#include "common/runtime/service_notify.hpp"

#include "common/runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace suivi;
using namespace std::chrono_literals;
using runtime::service_notifier;

namespace {

// The manager's end.
class manager {
 public:
  explicit manager(const std::string& address) : address_(address) {
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    REQUIRE(socket_ >= 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address.data(), address.size());
    if (address.front() == '@') at.sun_path[0] = '\0';
    auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&at), length) == 0);
  }
  ~manager() {
    ::close(socket_);
    if (address_.front() == '/') ::unlink(address_.c_str());
  }
  manager(const manager&) = delete;
  manager& operator=(const manager&) = delete;

  // What has been said until now.
  [[nodiscard]] std::vector<std::string> heard() const {
    std::vector<std::string> all;
    char text[512];
    while (true) {
      ssize_t got = ::recv(socket_, text, sizeof text, 0);
      if (got < 0) return all;
      all.emplace_back(text, static_cast<std::size_t>(got));
    }
  }

 private:
  std::string address_;
  int socket_ = -1;
};

std::string name_of_this_test(const char* prefix) {
  return prefix + ("suivi-notify-" + std::to_string(::getpid()));
}

std::string path_of_this_test() {
  return name_of_this_test((std::filesystem::temp_directory_path().string() + "/").c_str());
}

using said = std::vector<std::string>;

void drive(asio::io_context& context, task<void> body, std::chrono::milliseconds longest) {
  asio::co_spawn(context, std::move(body), [](std::exception_ptr) {});
  context.run_for(longest);
}

} // namespace

TEST_CASE("the service manager hears each change of state in a message of its own") {
  for (const std::string& address : {path_of_this_test(), name_of_this_test("@")}) {
    manager hears(address);
    service_notifier tells(address);
    CHECK(tells.has_listener());
    tells.ready("receiving webhooks");
    tells.status("the database is away");
    tells.stopping("stopping", 10s);
    CHECK(hears.heard() == said{"READY=1\nSTATUS=receiving webhooks\n", "STATUS=the database is away\n",
                                "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=10000000\n"});
  }
}

TEST_CASE("reloading bears the monotonic time of its beginning") {
  manager hears(path_of_this_test());
  service_notifier tells(path_of_this_test());
  auto before = std::chrono::duration_cast<std::chrono::microseconds>(steady_now().time_since_epoch());
  tells.reloading();
  auto after = std::chrono::duration_cast<std::chrono::microseconds>(steady_now().time_since_epoch());
  said heard = hears.heard();
  REQUIRE(heard.size() == 1);
  const std::string expected = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(heard.front().starts_with(expected));
  long long at = std::stoll(heard.front().substr(expected.size()));
  CHECK(at >= before.count());
  CHECK(at <= after.count());
}

TEST_CASE("a line break in the status begins no other assignment") {
  manager hears(path_of_this_test());
  service_notifier tells(path_of_this_test());
  tells.status("away\nMAINPID=1\r\n");
  CHECK(hears.heard() == said{"STATUS=away MAINPID=1  \n"});
}

TEST_CASE("where nobody listens, or the address is none, nothing happens") {
  for (const std::string& address : {std::string(), std::string("relative"), std::string("/"),
                                     std::string(200, '/'), path_of_this_test()}) {
    service_notifier tells(address, 10ms);
    tells.ready("receiving webhooks");
    tells.reloading();
    tells.stopping("stopping", 1s);
  }
  CHECK_FALSE(service_notifier("").has_listener());
  CHECK_FALSE(service_notifier("relative").has_listener());
}

TEST_CASE("a manager that takes nothing holds up no status and a change of state for a moment only") {
  manager hears(path_of_this_test());
  service_notifier tells(path_of_this_test());
  steady_time begun = steady_now();
  for (int i = 0; i < 20'000; ++i) tells.status("its queue is full long before");
  tells.ready("receiving webhooks");
  CHECK(steady_now() - begun < 20s);
  CHECK(hears.heard().size() < 20'000);
}

TEST_CASE("the watchdog is fed twice in each of its periods, by the loop alone") {
  manager hears(path_of_this_test());
  service_notifier tells(path_of_this_test(), 40ms);
  asio::io_context context(1);
  drive(context, tells.feed_watchdog(), 1s);
  said heard = hears.heard();
  CHECK(heard.size() >= 5); // some fifty, where the machine has time
  CHECK(heard.size() <= 51);
  CHECK(heard.front() == "WATCHDOG=1\n");
  std::this_thread::sleep_for(100ms); // the loop does not run
  CHECK(hears.heard().empty());
}

TEST_CASE("without a watchdog none is fed") {
  manager hears(path_of_this_test());
  service_notifier tells(path_of_this_test());
  asio::io_context context(1);
  drive(context, tells.feed_watchdog(), 1s);
  CHECK(context.stopped()); // ended by itself
  CHECK(hears.heard().empty());
}

TEST_CASE("feeding the watchdog ends by cancellation") {
  manager hears(path_of_this_test());
  service_notifier tells(path_of_this_test(), 1h);
  asio::io_context context(1);
  auto body = [&]() -> task<void> {
    runtime::task_group group(context.get_executor());
    group.spawn("watchdog", tells.feed_watchdog());
    co_await runtime::sleep_for(1ms);
    group.cancel();
    co_await group.join();
  };
  asio::co_spawn(context, body, [](std::exception_ptr) {});
  context.run_for(30s);
  CHECK(context.stopped());
  CHECK(hears.heard() == said{"WATCHDOG=1\n"});
}

TEST_CASE("the watchdog of another process is not ours to feed") {
  manager hears(path_of_this_test());
  ::setenv("NOTIFY_SOCKET", path_of_this_test().c_str(), 1);
  ::setenv("WATCHDOG_USEC", "20000", 1);
  for (pid_t of : {::getpid(), ::getppid()}) {
    ::setenv("WATCHDOG_PID", std::to_string(of).c_str(), 1);
    service_notifier tells = service_notifier::from_environment();
    asio::io_context context(1);
    drive(context, tells.feed_watchdog(), 100ms);
    CHECK(hears.heard().empty() == (of != ::getpid()));
  }
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  CHECK_FALSE(service_notifier::from_environment().has_listener());
}
