// Name servers that are silent, slow or lie for a while.
#include "common/runtime/name_lookup.hpp"
#include "common/runtime/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <doctest/doctest.h>
#include <map>
#include <mutex>

using namespace suivi;
using namespace std::chrono_literals;
using runtime::name_lookup;

namespace {

// Answers what it is told to; is silent about "silent" until it is let go. Outlived by its threads.
struct name_server {
  std::mutex guard;
  std::condition_variable news;
  bool released = false;
  bool first_hangs_only = false;
  std::map<std::string, std::vector<asio::ip::address>> known;
  int requests = 0;

  name_lookup::found answer(const std::string& host) {
    std::unique_lock lock(guard);
    ++requests;
    if (host == "silent" && !first_hangs_only) news.wait(lock, [this] { return released; });
    auto at = known.find(host);
    if (at == known.end()) return {{}, asio::error::host_not_found};
    return {at->second, {}};
  }
  void release() {
    std::lock_guard lock(guard);
    released = true;
    news.notify_all();
  }
  void know(const std::string& host, std::vector<asio::ip::address> addresses) {
    std::lock_guard lock(guard);
    known[host] = std::move(addresses);
  }
  int times_requested() {
    std::lock_guard lock(guard);
    return requests;
  }
};

const asio::ip::address one = asio::ip::make_address("192.0.2.1");
const asio::ip::address two = asio::ip::make_address("192.0.2.2");

struct stage {
  std::shared_ptr<name_server> server = std::make_shared<name_server>();
  name_lookup names{[server = server](const std::string& host) { return server->answer(host); }};
  ~stage() { server->release(); }

  template <class Body>
  void run(Body body) {
    asio::io_context context(1);
    std::exception_ptr thrown;
    bool ended = false;
    asio::co_spawn(context, body(context.get_executor()), [&](std::exception_ptr e) {
      thrown = e;
      ended = true;
    });
    context.run_for(60s);
    REQUIRE(ended);
    if (thrown) std::rethrow_exception(thrown);
  }
};

steady_time in(milliseconds from_now) {
  return steady_now() + from_now;
}

} // namespace

TEST_CASE("a name whose server is silent delays no other name, and is given up at its deadline") {
  stage s;
  s.server->know("database", {one, two});
  s.run([&](asio::any_io_executor executor) -> task<void> {
    runtime::task_group group(executor);
    name_lookup::found silent;
    auto ask_silent = [&]() -> task<void> { silent = co_await s.names.addresses_of("silent", in(1s)); };
    auto begun = steady_now();
    group.spawn("silent", ask_silent());
    auto found = co_await s.names.addresses_of("database", in(30s));
    CHECK(found.addresses == std::vector{one, two});
    CHECK(steady_now() - begun < 900ms);
    co_await group.join();
    CHECK(silent.addresses.empty());
    CHECK(silent.failed == asio::error::timed_out);
    CHECK(steady_now() - begun < 20s);
  });
}

TEST_CASE("the loop ends while a look-up hangs, and its answer then harms nobody") {
  stage s;
  s.run([&](asio::any_io_executor) -> task<void> {
    auto found = co_await s.names.addresses_of("silent", in(10ms));
    CHECK(found.addresses.empty());
  });
  s.server->know("silent", {one});
  s.server->release();
  s.run([&](asio::any_io_executor) -> task<void> {
    auto found = co_await s.names.addresses_of("silent", in(30s));
    CHECK(found.addresses == std::vector{one});
  });
}

TEST_CASE("the addresses found last serve while a name cannot be looked up, and new ones take their place") {
  stage s;
  s.server->know("database", {one});
  s.run([&](asio::any_io_executor) -> task<void> {
    auto found = co_await s.names.addresses_of("database", in(30s));
    CHECK(found.addresses == std::vector{one});
    s.server->know("database", {two});
    found = co_await s.names.addresses_of("database", in(30s));
    CHECK(found.addresses == std::vector{two});
    s.server->know("database", {});
    found = co_await s.names.addresses_of("database", in(30s));
    CHECK(found.addresses == std::vector{two});
    CHECK_FALSE(found.failed);
  });
}

TEST_CASE("with known addresses a silent server costs a moment, not the whole time there is") {
  stage s;
  s.server->know("silent", {one});
  s.server->release();
  s.run([&](asio::any_io_executor) -> task<void> {
    auto found = co_await s.names.addresses_of("silent", in(30s));
    CHECK(found.addresses == std::vector{one});
  });
  {
    std::lock_guard lock(s.server->guard);
    s.server->released = false;
  }
  s.run([&](asio::any_io_executor) -> task<void> {
    auto begun = steady_now();
    auto found = co_await s.names.addresses_of("silent", in(60s));
    CHECK(found.addresses == std::vector{one});
    CHECK(steady_now() - begun < 30s);
  });
}

TEST_CASE("many who ask for one name at once share one look-up") {
  stage s;
  s.run([&](asio::any_io_executor executor) -> task<void> {
    runtime::task_group group(executor);
    int answered = 0;
    auto ask = [&]() -> task<void> {
      auto found = co_await s.names.addresses_of("silent", in(30s));
      if (found.addresses == std::vector{one}) ++answered;
    };
    for (int n = 0; n < 20; ++n) group.spawn("ask", ask());
    co_await runtime::sleep_for(50ms);
    s.server->know("silent", {one});
    s.server->release();
    co_await group.join();
    CHECK(answered == 20);
    CHECK(s.server->times_requested() == 1);
  });
}

TEST_CASE("a look-up that hangs does not keep its name from being found once the server is back") {
  stage s;
  s.run([&](asio::any_io_executor) -> task<void> {
    auto found = co_await s.names.addresses_of("silent", in(2'100ms));
    CHECK(found.addresses.empty());
    {
      std::lock_guard lock(s.server->guard);
      s.server->first_hangs_only = true;
    }
    s.server->know("silent", {one});
    found = co_await s.names.addresses_of("silent", in(30s));
    CHECK(found.addresses == std::vector{one});
    CHECK(s.server->times_requested() == 2);
  });
}

TEST_CASE("a name that nobody knows has no address, and localhost has one") {
  stage s;
  s.run([&](asio::any_io_executor) -> task<void> {
    auto nobody = co_await s.names.addresses_of("nobody", in(30s));
    CHECK(nobody.addresses.empty());
    CHECK(nobody.failed == asio::error::host_not_found);
    auto here = co_await name_lookup::shared().addresses_of("localhost", in(30s));
    REQUIRE_FALSE(here.addresses.empty());
    CHECK(here.addresses.front().is_loopback());
  });
}
