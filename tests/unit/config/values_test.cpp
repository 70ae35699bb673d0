// The texts single values may be.
#include "common/config/values.hpp"

#include <doctest/doctest.h>

using namespace suivi::config;

TEST_CASE("listen addresses are an address and a port") {
  CHECK(read_listen("0.0.0.0:8080") == "0.0.0.0:8080");
  CHECK(read_listen("[::1]:0") == "[::1]:0");
  CHECK(read_listen("localhost:80") == "127.0.0.1:80");
  for (auto text : {"", "8080", ":8080", "0.0.0.0", "0.0.0.0:", "0.0.0.0:65536", "0.0.0.0:-1", "::1:80",
                    "[::1]", "[]:1", "256.0.0.1:80", "example.test:80", "0.0.0.0:80 ", "0.0.0.0:+1"}) {
    CAPTURE(text);
    CHECK_FALSE(read_listen(text));
  }
}

TEST_CASE("networks are an address and at most as many bits as it has") {
  CHECK(read_cidr("10.0.0.0/8") == "10.0.0.0/8");
  CHECK(read_cidr("192.0.2.1") == "192.0.2.1/32");
  CHECK(read_cidr("2001:db8::/32") == "2001:db8::/32");
  CHECK(read_cidr("::1") == "::1/128");
  CHECK(read_cidr("0.0.0.0/0") == "0.0.0.0/0");
  for (auto text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/-1", "any"}) {
    CAPTURE(text);
    CHECK_FALSE(read_cidr(text));
  }
}

TEST_CASE("addresses of the web have a scheme and a host and nothing that hides a secret") {
  CHECK(read_http_url("https://courier.test/api/") == "https://courier.test/api");
  CHECK(read_http_url("http://127.0.0.1:8090") == "http://127.0.0.1:8090");
  CHECK(read_http_url("http://[::1]:8090") == "http://[::1]:8090");
  for (auto text :
       {"", "courier.test", "ftp://courier.test", "https://", "https:///x", "https://:80", "https://a:b",
        "https://u:p@courier.test", "https://courier.test/?a=b", "https://courier.test/ x", "https://a:70000",
        "https://a:0", "https://[zz]", "https://[]", "https://[::1]x"}) {
    CAPTURE(text);
    CHECK_FALSE(read_http_url(text));
  }
}

TEST_CASE("database addresses are a URI of PostgreSQL or pairs") {
  CHECK(read_database_url("postgresql://a,b/shop?target_session_attrs=read-write"));
  CHECK(read_database_url("postgres://localhost/shop"));
  CHECK(read_database_url("host=/tmp dbname=shop"));
  for (auto text : {"", "shop", "mysql://localhost/shop?a=b", "=x"}) CHECK_FALSE(read_database_url(text));
}

TEST_CASE("times of day are two digits each") {
  CHECK(read_clock("00:00") == std::chrono::minutes(0));
  CHECK(read_clock("23:59") == std::chrono::minutes(23 * 60 + 59));
  for (auto text : {"", "24:00", "12:60", "1:00", "12:0", "12-00", "12:00:00", "-1:00", "ab:cd"})
    CHECK_FALSE(read_clock(text));
}

TEST_CASE("time zones are those of the machine's database") {
  CHECK(read_timezone("Africa/Algiers"));
  CHECK(read_timezone("Europe/Paris"));
  CHECK_FALSE(read_timezone("Mars/Olympus"));
  CHECK_FALSE(read_timezone(""));
  CHECK_FALSE(read_timezone("../../etc/passwd"));
}

TEST_CASE("lists are split at commas, without spaces and empty parts") {
  CHECK(split_list(" a, b ,,c,") == std::vector<std::string>{"a", "b", "c"});
  CHECK(split_list("").empty());
}
