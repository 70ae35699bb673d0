// The one text people configure: hosts, Prisma's parameters, what reaches the server, and what errors must
// not say.
#include "common/pg/url.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>

using namespace suivi;

namespace {

std::string other(const pg::target& where, std::string_view keyword) {
  for (const auto& [name, value] : where.others)
    if (name == keyword) return value;
  return "(absent)";
}

} // namespace

TEST_CASE("a URI's parts reach libpq") {
  auto where = pg::parse_url("postgresql://shop:example-key-1@db.example:6543/orders?sslmode=require");
  REQUIRE(where);
  REQUIRE(where->hosts.size() == 1);
  CHECK(where->hosts[0].name == "db.example");
  CHECK(where->hosts[0].port == "6543");
  CHECK(other(*where, "user") == "shop");
  CHECK(other(*where, "password") == "example-key-1");
  CHECK(other(*where, "dbname") == "orders");
  CHECK(other(*where, "sslmode") == "require");
}

TEST_CASE("what only Prisma knows is dropped and its schema kept aside") {
  auto where = pg::parse_url(
      "postgres://u:p@h/d?connection_limit=5&schema=my%20shop%c3%A9%2&pgbouncer=true&sslmode=prefer"
      "&pool_timeout=10&connect_timeout=300&socket_timeout=3&statement_cache_size=0"
      "&sslaccept=strict&sslidentity=x&application_name=n");
  REQUIRE(where);
  CHECK(where->schema == "my shopé%2"); // half an escape stays as it is
  CHECK(other(*where, "sslmode") == "prefer");
  CHECK(other(*where, "application_name") == "n");
  CHECK(other(*where, "connect_timeout") == "(absent)");
}

TEST_CASE("several hosts are kept in order with their ports") {
  auto where = pg::parse_url("postgresql://u@a:1,b:2/d?target_session_attrs=read-write");
  REQUIRE(where);
  REQUIRE(where->hosts.size() == 2);
  CHECK(where->hosts[0].name == "a");
  CHECK(where->hosts[1].name == "b");
  CHECK(where->hosts[1].port == "2");
  CHECK(where->session_attrs == "read-write");
  auto one_port = pg::parse_url("host=a,b port=7 dbname=d");
  REQUIRE(one_port);
  CHECK(one_port->hosts[0].port == "7");
  CHECK(one_port->hosts[1].port == "7");
}

TEST_CASE("a socket's folder may stand in the query or in a conninfo") {
  auto uri = pg::parse_url("postgresql://u@/d?host=/run/postgresql");
  REQUIRE(uri);
  CHECK(uri->hosts[0].name == "/run/postgresql");
  auto conninfo = pg::parse_url("host=/run/postgresql dbname=d");
  REQUIRE(conninfo);
  CHECK(conninfo->hosts[0].name == "/run/postgresql");
}

TEST_CASE("addresses stand beside their names or alone, and options are kept") {
  auto beside = pg::parse_url("host=a,b hostaddr=192.0.2.1,192.0.2.2 port=1,2 options='-c work_mem=8MB'");
  REQUIRE(beside);
  REQUIRE(beside->hosts.size() == 2);
  CHECK(beside->hosts[1].name == "b");
  CHECK(beside->hosts[1].address == "192.0.2.2");
  CHECK(beside->hosts[1].port == "2");
  CHECK(beside->options == "-c work_mem=8MB");
  auto alone = pg::parse_url("hostaddr=192.0.2.1 dbname=d");
  REQUIRE(alone);
  REQUIRE(alone->hosts.size() == 1);
  CHECK(alone->hosts[0].name.empty());
  CHECK(alone->hosts[0].address == "192.0.2.1");
}

TEST_CASE("without a host libpq's default is asked for") {
  auto where = pg::parse_url("dbname=d");
  REQUIRE(where);
  REQUIRE(where->hosts.size() == 1);
  CHECK(where->hosts[0].name.empty());
}

TEST_CASE("an unreadable text is refused without quoting it") {
  for (std::string text :
       {"", "postgresql://u:example-key-1@h:port:x/d", "password=example-key-1 nonsense",
        "postgresql://u:example-key-1@h/d?no_such=1", "postgresql://u:example-key-1@a,b/d?port=1,2,3",
        "postgresql://u:example-key-1@h/d%zz", "host=a,b hostaddr=192.0.2.1 password=example-key-1",
        "port=0 password=example-key-1", "host=a,b port=1,2,3 password=example-key-1"}) {
    CAPTURE(text);
    auto where = pg::parse_url(text);
    REQUIRE_FALSE(where);
    CHECK(where.error().code == "pg:url");
    CHECK(where.error().kind == failure::permanent);
    CHECK(where.error().detail.find("example-key-1") == std::string::npos);
  }
}

TEST_CASE("the session's settings travel in the start-up packet") {
  pg::target where;
  where.options = "-c work_mem=8MB";
  where.schema = "my \"shop\"";
  auto options = pg::startup_options(where, {milliseconds(1500), milliseconds(2500)});
  CHECK(options.starts_with("-c work_mem=8MB -c statement_timeout=1500 "));
  CHECK(options.find("-c idle_in_transaction_session_timeout=2500") != std::string::npos);
  CHECK(options.find("-c TimeZone=UTC -c DateStyle=ISO") != std::string::npos);
  CHECK(options.ends_with(R"(-c search_path="my\ ""shop""")"));
}

TEST_CASE("without a Prisma schema the search path is the server's") {
  auto options = pg::startup_options({}, {milliseconds(1), milliseconds(1)});
  CHECK(options.find("search_path") == std::string::npos);
}
