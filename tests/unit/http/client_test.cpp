// The client against our own server.
#include "tests/support/loopback.hpp"
#include "tests/unit/http/asking.hpp"

#include <doctest/doctest.h>

using namespace loopback;

TEST_CASE("the client sends what it is told and reads the answer") {
  live_server server(echo());
  asking client;
  client_request request;
  request.method = "POST";
  request.url = on_port(server.port(), "/a/b?c=1#fragment");
  request.body = "hello";
  auto answer = client.send(request);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "POST /a/b?c=1 hello");
  CHECK(suivi::http::find_header(answer->headers, "content-type") == "text/plain");
}

TEST_CASE("a kept connection is used again") {
  live_server server(echo());
  asking client;
  for (int i = 0; i < 5; ++i) CHECK(client.get(on_port(server.port(), "/")).has_value());
  CHECK(server.connections() == 1);
}

TEST_CASE("nobody listening is refused") {
  unsigned short port = 0;
  {
    live_server server(echo());
    port = server.port();
  }
  asking client;
  auto answer = client.get(on_port(port, "/"));
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == "http:refused");
  CHECK(answer.error().kind == suivi::failure::transient);
}
