// Addresses and keys as people paste them, and what an answer's status line means.
#include "common/maystro/address.hpp"
#include "common/maystro/reading.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::maystro;

TEST_CASE("a pasted address becomes scheme and host") {
  for (auto text :
       {"https://host.example", "https://host.example/", "https://host.example/api",
        "https://host.example/api/", "https://host.example//api//", "host.example", "host.example/",
        "host.example/api/", " https://host.example/api \n", "HTTPS://Host.Example/API/",
        "//host.example/api", "https://host.example/api/?page=1", "https://host.example#x",
        "https://host.example/api/api", "https://host.example/api ?page=1", "https://host.example/api /",
        "https:// host.example /api/"}) {
    CAPTURE(text);
    CHECK(normalise_base_url(text) == "https://host.example");
  }
}

TEST_CASE("scheme, port and other paths of an address are kept") {
  CHECK(normalise_base_url("http://127.0.0.1:9000/api/") == "http://127.0.0.1:9000");
  CHECK(normalise_base_url("host.example:8443") == "https://host.example:8443");
  CHECK(normalise_base_url("http://[::1]:9000/") == "http://[::1]:9000");
  CHECK(normalise_base_url("https://host.example/Courier/api/") == "https://host.example/Courier");
  CHECK(normalise_base_url("https://host.example/myapi") == "https://host.example/myapi");
  CHECK(normalise_base_url("https://api/") == "https://api");
}

TEST_CASE("an address without host is empty") {
  for (auto text : {"", " ", "/", "https://", "https:///api/"}) CHECK(normalise_base_url(text).empty());
}

TEST_CASE("a pasted key loses the scheme word, spaces and line breaks") {
  for (auto text : {"example-key-1", " example-key-1 ", "Token example-key-1", "token example-key-1",
                    "TOKEN   example-key-1\r\n", "Token\texample-key-1", "Token Token example-key-1",
                    "example-\nkey-1"}) {
    CAPTURE(text);
    CHECK(normalise_api_key(text) == "example-key-1");
  }
  CHECK(normalise_api_key("tokenised") == "tokenised");
  CHECK(normalise_api_key("Token ").empty());
  CHECK(normalise_api_key("").empty());
}

TEST_CASE("Retry-After is seconds or a date of the courier's own clock, never negative, at most a day") {
  instant server = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(read_retry_after("0", server) == milliseconds(0));
  CHECK(read_retry_after(" 120 ", server) == milliseconds(120'000));
  CHECK(read_retry_after("1.2", server) == milliseconds(2'000));
  CHECK(read_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", server) == milliseconds(60'000));
  CHECK(read_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", server) == milliseconds(0));
  CHECK(read_retry_after("99999999999999999999", server) == std::chrono::hours(24));
  CHECK(read_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", server) == std::chrono::hours(24));
  for (auto text : {"", "-5", "soon", "5s", ".5", "5.", "1.2.3"}) {
    CAPTURE(text);
    CHECK_FALSE(read_retry_after(text, server).has_value());
  }
}

TEST_CASE("status lines are classified once") {
  CHECK_FALSE(refusal(200, "x").has_value());
  CHECK_FALSE(refusal(204, "x").has_value());
  CHECK(refusal(401, "x")->code == "maystro:unauthorized");
  CHECK(refusal(403, "x")->kind == failure::permanent);
  CHECK(refusal(404, "x")->code == "maystro:not_found");
  CHECK(refusal(429, "x")->code == "maystro:throttled");
  CHECK(refusal(429, "x")->kind == failure::transient);
  CHECK(refusal(408, "x")->code == "maystro:server");
  CHECK(refusal(503, "x")->code == "maystro:server");
  CHECK(refusal(400, "x")->code == "maystro:refused");
  CHECK(refusal(302, "x")->code == "maystro:refused");
}
