// The one text people configure: hosts, Prisma's parameters, what reaches the server, and what errors must
// not say.
#include "common/pg/url/url.hpp"
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
      "postgres://u:p@h/d?connection_limit=5&schema=my%20shop%c3%A9&pgbouncer=true&sslmode=prefer"
      "&pool_timeout=10&connect_timeout=300&socket_timeout=3&statement_cache_size=0"
      "&sslaccept=strict&sslidentity=x&application_name=n");
  REQUIRE(where);
  CHECK(where->schema == "my shopé");
  CHECK(where->warnings.empty());
  CHECK(other(*where, "sslmode") == "prefer");
  CHECK(other(*where, "application_name") == "n");
  CHECK(other(*where, "connect_timeout") == "(absent)");
}

TEST_CASE("pgbouncer=true means no start-up options and every setting in a transaction's own statement") {
  CHECK_FALSE(pg::parse_url("postgres://u@h/d?pgbouncer=false")->pgbouncer);
  CHECK_FALSE(pg::parse_url("postgres://u@h/d")->pgbouncer);
  auto where = pg::parse_url("postgres://u@h/d?pgbouncer=true&schema=it's%5C&options=-c%20work_mem%3D8MB");
  REQUIRE(where);
  CHECK(where->pgbouncer);
  CHECK(where->options.empty());
  REQUIRE(where->warnings.size() == 1);
  CHECK(where->warnings[0].find("options") != std::string::npos);
  CHECK(pg::transaction_settings(*where, {milliseconds(1), milliseconds(2)}) ==
        "select set_config('statement_timeout', '1', true),"
        "set_config('idle_in_transaction_session_timeout', '2', true),set_config('TimeZone', 'UTC', true),"
        "set_config('DateStyle', 'ISO', true),set_config('bytea_output', 'hex', true),"
        "set_config('standard_conforming_strings', 'on', true),"
        "set_config('synchronous_commit', 'on', true),set_config('jit', 'off', true),"
        "set_config('max_parallel_workers_per_gather', '0', true),set_config('search_path',  "
        "E'\"it''s\\\\\"', true)");
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
       {"", "postgresql://u:example-key-1@h:port:x/d", "password=example-key-1 nonsense", " \n ",
        "postgresql://u:example-key-1@h/d?sslmod=require", "host=h password=example-key-1 usr=u",
        "postgresql://u:example-key-1@h/d?schema=%2", "postgresql://u@h/d?replication=database",
        "postgresql://u@h/d?keepalives=often", "postgresql://u@h/d?a=1&example-key-1",
        "postgresql://u@h/d?a%20example-key-1=1", "host=h password='example-key-1",
        "postgresql://u@h/d?sslmode=example-key-1 x", "postgresql://u:example-key-1@a,b/d?port=1,2,3",
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

TEST_CASE("blanks and line breaks around the text are dropped, and the scheme may be in capitals") {
  for (std::string text :
       {" postgresql://u@h/d\n", "\tPOSTGRES://u@h/d \r\n", "\n host=h user=u dbname=d \n"}) {
    CAPTURE(text);
    auto where = pg::parse_url(text);
    REQUIRE(where);
    CHECK(where->hosts[0].name == "h");
    CHECK(other(*where, "dbname") == "d");
    CHECK(where->warnings.empty());
  }
}

TEST_CASE("parameters of other clients are dropped with a warning that names them") {
  for (std::string text :
       {"postgres://u:p@h/"
        "d?sslmode=require&uselibpqcompat=true&supa=base-pooler.x&workaround=supabase-pooler.vercel"
        "&charset=utf8&currentSchema=x&binary_parameters=yes",
        "host=h user=u password='p' dbname=d sslmode=require uselibpqcompat=true supa=base-pooler.x "
        "workaround=supabase-pooler.vercel charset=utf8 currentSchema=x binary_parameters=yes"}) {
    CAPTURE(text);
    auto where = pg::parse_url(text);
    REQUIRE(where);
    CHECK(other(*where, "sslmode") == "require");
    CHECK(other(*where, "password") == "p");
    REQUIRE(where->warnings.size() == 6);
    std::size_t at = 0;
    for (const char* name :
         {"uselibpqcompat", "supa", "workaround", "charset", "currentSchema", "binary_parameters"})
      CHECK(where->warnings[at++].find(name) != std::string::npos);
  }
  auto no_verify = pg::parse_url("postgres://u@h/d?sslmode=no-verify");
  REQUIRE(no_verify);
  CHECK(other(*no_verify, "sslmode") == "(absent)");
  REQUIRE(no_verify->warnings.size() == 1);
  CHECK(no_verify->warnings[0].find("sslmode=no-verify") != std::string::npos);
}

TEST_CASE("a name in capitals that libpq knows is read as that, with a warning") {
  for (std::string text :
       {"postgres://u@h/d?SSLMODE=require&Schema=shop", "host=h SSLMODE=require Schema=shop"}) {
    auto where = pg::parse_url(text);
    REQUIRE(where);
    CHECK(other(*where, "sslmode") == "require");
    CHECK(where->schema == "shop");
    CHECK(where->warnings.size() == 2);
  }
}

TEST_CASE("libpq's short form ssl=true still insists on encryption") {
  auto where = pg::parse_url("postgres://u@h/d?ssl=true");
  REQUIRE(where);
  CHECK(other(*where, "sslmode") == "require");
  auto others = pg::parse_url("postgres://u@h/d?ssl=1");
  REQUIRE(others);
  CHECK(others->warnings.size() == 1);
}

TEST_CASE("what cannot be understood is refused with the parameter's name and what is allowed") {
  struct {
    std::string text, part;
  } cases[] = {
      {"postgres://u@h/d?sslmode=strict", "the parameter sslmode is strict; allowed are disable, allow"},
      {"host=h sslmode=strict", "the parameter sslmode is strict"},
      {"postgres://u@h/d?sslmod=require", "the parameter sslmod is not known; sslmode may be meant"},
      {"postgres://u@h/d?target_session_attrs=master", "the parameter target_session_attrs is master"},
      {"postgres://u@h/d?options=%zz", "the parameter options has a percent sign"},
      {"postgres://u@h/d?options", "the parameter options has no value"},
      {"postgres://u@h:0/d", "the parameter port"},
      {"host=h hostaddr=h.example", "the parameter hostaddr: allowed is an IPv4 or IPv6 address"},
      {"postgres://u@a,b/d?hostaddr=192.0.2.1,192.0.2.x", "the parameter hostaddr"},
      {"host=h ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
       "the parameter ssl_min_protocol_version is TLSv1.3; allowed is none above ssl_max_protocol_version"},
      {"host=h password=a b", "behind the parameter password"},
      {"host='h", "the parameter host has no closing quote"},
      {"postgres://u:p/x@h/d", "%2F"}};
  for (const auto& one : cases) {
    CAPTURE(one.text);
    auto where = pg::parse_url(one.text);
    REQUIRE_FALSE(where);
    CAPTURE(where.error().detail);
    CHECK(where.error().detail.find(one.part) != std::string::npos);
  }
}

TEST_CASE("a password may hold a question mark, and values keep their signs") {
  auto where = pg::parse_url("postgres://u:p?x=1&y@h/d?options=-c%20work_mem=8MB%20-c%20a=b%25");
  REQUIRE(where);
  CHECK(other(*where, "password") == "p?x=1&y");
  CHECK(where->options == "-c work_mem=8MB -c a=b%");
  auto conninfo = pg::parse_url(R"(host = h password = 'a\'b\\ c' user=u\ v)");
  REQUIRE(conninfo);
  CHECK(other(*conninfo, "password") == R"(a'b\ c)");
  CHECK(other(*conninfo, "user") == "u v");
}

TEST_CASE("the session's settings travel in the start-up packet") {
  pg::target where;
  where.options = "-c work_mem=8MB";
  where.schema = "my \"shop\"";
  auto options = pg::startup_options(where, {milliseconds(1500), milliseconds(2500)});
  CHECK(options.starts_with("-c work_mem=8MB -c idle_session_timeout=0 -c tcp_keepalives_idle=30 "));
  CHECK(options.find("-c statement_timeout=1500 ") != std::string::npos);
  CHECK(options.find("-c idle_in_transaction_session_timeout=2500") != std::string::npos);
  CHECK(options.find("-c TimeZone=UTC -c DateStyle=ISO") != std::string::npos);
  CHECK(options.ends_with(R"(-c search_path="my\ ""shop""")"));
}

TEST_CASE("without a Prisma schema the shop's tables are those of public") {
  auto options = pg::startup_options({}, {milliseconds(1), milliseconds(1)});
  CHECK(options.ends_with(R"(-c search_path="public")"));
  pg::target own;
  own.options = "-c search_path=mine";
  auto of_text = pg::startup_options(own, {milliseconds(1), milliseconds(1)});
  CHECK(of_text.find("public") == std::string::npos);
}

TEST_CASE("commits are synchronous, whatever the text's own options say") {
  pg::target where;
  where.options = "-c synchronous_commit=off";
  auto options = pg::startup_options(where, {milliseconds(1), milliseconds(1)});
  CHECK(options.rfind("-c synchronous_commit=on") > options.find("-c synchronous_commit=off"));
}
