// Several hosts: refused ones, silent ones, names, and servers of the wrong kind.
#include "tests/support/connected.hpp"
#include "tests/support/database.hpp"
#include "tests/support/print_result.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace suivi;
using test::connected;
using test::run;

namespace {

// `HOST:PORT` of the cluster.
std::string cluster_place() {
  std::string url = test::cluster_url();
  auto at = url.find('@') + 1;
  return url.substr(at, url.find('/', at) - at);
}

std::string cluster_port() {
  std::string place = cluster_place();
  return place.substr(place.find(':') + 1);
}

pg::connect_options with_url(std::string url) {
  pg::connect_options options;
  options.url = std::move(url);
  options.connect_timeout = milliseconds(30'000);
  return options;
}

// Of the loopback and bound to a free port that nobody listens on while this lives: connections are refused.
struct refusing_place {
  asio::io_context context;
  asio::ip::tcp::socket socket{context};
  refusing_place() {
    socket.open(asio::ip::tcp::v4());
    socket.bind({asio::ip::address_v4::loopback(), 0});
  }
  [[nodiscard]] unsigned port() const { return socket.local_endpoint().port(); }
};

// Accepts (by the kernel's backlog) and never says a word.
struct silent_place {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
  [[nodiscard]] unsigned port() const { return acceptor.local_endpoint().port(); }
};

task<void> answers(pg::connect_options options) {
  auto db = co_await connected(options);
  pg::statement one{"", "select 1"};
  auto got = co_await db.run(one);
  REQUIRE(got);
  CHECK(got->integer(0, 0) == 1);
}

} // namespace

TEST_CASE("the second host is taken when the first refuses") {
  refusing_place refusing;
  run(answers(with_url(
      fmt::format("postgresql://postgres@127.0.0.1:{},{}/postgres", refusing.port(), cluster_place()))));
}

TEST_CASE("a silent host leaves the next one its share of the time") {
  silent_place silent;
  auto options =
      with_url(fmt::format("postgresql://postgres@127.0.0.1:{},{}/postgres", silent.port(), cluster_place()));
  options.connect_timeout = milliseconds(3'000);
  run(answers(options));
}

TEST_CASE("a name is looked up") {
  run(answers(with_url(fmt::format("postgresql://postgres@localhost:{}/postgres", cluster_port()))));
}

TEST_CASE("nobody there is a passing error") {
  refusing_place refusing;
  silent_place silent;
  auto refused_url =
      fmt::format("postgresql://postgres:example-key-1@127.0.0.1:{}/postgres", refusing.port());
  auto silent_url = fmt::format("postgresql://postgres:example-key-1@127.0.0.1:{}/postgres", silent.port());
  std::vector<std::string> urls{refused_url, silent_url,
                                "postgresql://postgres:example-key-1@no-such-host.invalid/postgres"};
  for (const std::string& url : urls) {
    CAPTURE(url);
    auto options = with_url(url);
    options.connect_timeout = milliseconds(200);
    auto got = run([&]() -> task<result<pg::connection>> { return pg::connection::connect(options); });
    REQUIRE_FALSE(got);
    CHECK(got.error().code == "pg:refused");
    CHECK(got.error().kind == failure::transient);
    CHECK(got.error().detail.find("example-key-1") == std::string::npos);
  }
}

TEST_CASE("an unreadable URL is a lasting error") {
  auto options = with_url("postgresql://h:x:y/d");
  auto got = run([&]() -> task<result<pg::connection>> { return pg::connection::connect(options); });
  REQUIRE_FALSE(got);
  CHECK(got.error().kind == failure::permanent);
}

TEST_CASE("only a server of the wanted kind is taken") {
  auto place = cluster_place();
  run(answers(
      with_url(fmt::format("postgresql://postgres@{}/postgres?target_session_attrs=read-write", place))));
  run(answers(
      with_url(fmt::format("postgresql://postgres@{}/postgres?target_session_attrs=prefer-standby", place))));
  auto standby =
      with_url(fmt::format("postgresql://postgres@{}/postgres?target_session_attrs=standby", place));
  auto got = run([&]() -> task<result<pg::connection>> { return pg::connection::connect(standby); });
  REQUIRE_FALSE(got);
  CHECK(got.error().code == "pg:refused");
}

TEST_CASE("a read-only database is refused for writing and ends a session that tries") {
  test::database database(test::holding::nothing);
  database.execute("create table t (a int)");
  database.execute(fmt::format("alter database {} set default_transaction_read_only = on", database.name()));
  auto writing = with_url(test::with_parameters(database.url(), "target_session_attrs=read-write"));
  auto got = run([&]() -> task<result<pg::connection>> { return pg::connection::connect(writing); });
  REQUIRE_FALSE(got);
  auto either = with_url(fmt::format("postgresql://postgres@{0},{0}/{1}", cluster_place(), database.name()));
  auto of_several = run([&]() -> task<result<pg::connection>> { return pg::connection::connect(either); });
  CHECK_FALSE(of_several);
  auto any = with_url(database.url());
  run([&]() -> task<void> {
    auto db = co_await connected(any);
    pg::statement insert{"", "insert into t values (1)"};
    auto refused = co_await db.run(insert);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "sqlstate:25006");
    CHECK(refused.error().kind == failure::transient);
    CHECK_FALSE(db.alive());
  });
}
