// Addresses and keys as people paste them.
#include "common/maystro/address.hpp"

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
    CHECK(normalize_base_url(text) == "https://host.example");
  }
}

TEST_CASE("scheme, port and other paths of an address are kept") {
  CHECK(normalize_base_url("http://127.0.0.1:9000/api/") == "http://127.0.0.1:9000");
  CHECK(normalize_base_url("host.example:8443") == "https://host.example:8443");
  CHECK(normalize_base_url("http://[::1]:9000/") == "http://[::1]:9000");
  CHECK(normalize_base_url("https://host.example/Courier/api/") == "https://host.example/Courier");
  CHECK(normalize_base_url("https://host.example/myapi") == "https://host.example/myapi");
  CHECK(normalize_base_url("https://api/") == "https://api");
}

TEST_CASE("an address without host is empty") {
  for (auto text : {"", " ", "/", "https://", "https:///api/"}) CHECK(normalize_base_url(text).empty());
}

TEST_CASE("a pasted key loses the scheme word, spaces and line breaks") {
  for (auto text : {"example-key-1", " example-key-1 ", "Token example-key-1", "token example-key-1",
                    "TOKEN   example-key-1\r\n", "Token\texample-key-1", "Token Token example-key-1",
                    "example-\nkey-1"}) {
    CAPTURE(text);
    CHECK(normalize_api_key(text) == "example-key-1");
  }
  CHECK(normalize_api_key("tokenized") == "tokenized");
  CHECK(normalize_api_key("Token ").empty());
  CHECK(normalize_api_key("").empty());
}
