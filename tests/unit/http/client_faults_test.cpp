// The client against peers that break off, stall, lie or talk too much.
#include "tests/support/loopback.hpp"
#include "tests/unit/http/asking.hpp"
#include "tests/unit/http/scripted.hpp"

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>
#include <exception>

using namespace loopback;

namespace {

constexpr auto ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Every connection: one request, these bytes, the end.
scripted_server::script always(std::string bytes) {
  return [bytes](scripted_connection& on, int) {
    on.read_head();
    on.say(bytes);
  };
}

// The code of the error that comes of such bytes, or the body in quotes.
std::string outcome_of(const std::string& bytes, const std::string& method = "GET",
                       std::size_t limit = 1000) {
  scripted_server server(always(bytes));
  client_limits limits;
  limits.max_response_bytes = limit;
  asking client(limits);
  client_request request;
  request.method = method;
  request.url = on_port(server.port(), "/");
  auto answer = client.send(request);
  if (answer) return "'" + answer->body + "'";
  CHECK(answer.error().kind == suivi::failure::transient);
  return answer.error().code;
}

std::string sized(std::size_t declared, std::size_t sent) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(declared) + "\r\n\r\n" +
         std::string(sent, 'x');
}

} // namespace

TEST_CASE("answers are read whole in each of their forms") {
  CHECK(outcome_of(ok) == "'ok'");
  CHECK(
      outcome_of(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x\r\nbc\r\n0\r\nT: u\r\n\r\n") ==
      "'abc'");
  CHECK(outcome_of("HTTP/1.0 200 OK\r\n\r\nuntil the end") == "'until the end'");
  CHECK(outcome_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                   std::string(ok)) == "'ok'");
  CHECK(outcome_of("HTTP/1.1 204 No Content\r\n\r\n") == "''");
  CHECK(outcome_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n") == "''");
  CHECK(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "HEAD") == "''");
}

TEST_CASE("an answer that breaks off is a reset and not an answer") {
  CHECK(outcome_of("") == "http:reset");
  CHECK(outcome_of("HTTP/1.1 200 OK\r\nContent-Le") == "http:reset");
  CHECK(outcome_of(sized(10, 9)) == "http:reset");
  CHECK(outcome_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc") == "http:reset");
  CHECK(outcome_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n") == "http:reset");
  CHECK(outcome_of("HTTP/1.1 100 Continue\r\n\r\n") == "http:reset");
}

TEST_CASE("an answer of the limit passes and one byte more does not") {
  CHECK(outcome_of(sized(50, 50), "GET", 50).size() == 52);
  CHECK(outcome_of(sized(51, 51), "GET", 50) == "http:too_large");
  std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n" + std::string(50, 'x') + "\r\n";
  CHECK(outcome_of(chunked + "0\r\n\r\n", "GET", 50).size() == 52);
  CHECK(outcome_of(chunked + "1\r\nx\r\n0\r\n\r\n", "GET", 50) == "http:too_large");
  CHECK(outcome_of("HTTP/1.0 200 OK\r\n\r\n" + std::string(50, 'x'), "GET", 50).size() == 52);
  CHECK(outcome_of("HTTP/1.0 200 OK\r\n\r\n" + std::string(51, 'x'), "GET", 50) == "http:too_large");
  CHECK(outcome_of("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x'), "GET", 50) == "http:too_large");
}

TEST_CASE("an answer that is not HTTP is malformed") {
  CHECK(outcome_of("SSH-2.0-something\r\n\r\n") == "http:malformed");
  CHECK(outcome_of("HTTP/1.1 2000 OK\r\n\r\n") == "http:malformed");
  CHECK(outcome_of("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n") == "http:malformed");
  CHECK(outcome_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n") == "http:malformed");
  CHECK(outcome_of("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") == "http:malformed");
}

TEST_CASE("redirects are answers like any other") {
  scripted_server server(
      always("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
  asking client;
  auto answer = client.get(on_port(server.port(), "/"));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 302);
  CHECK(server.connections() == 1);
}

TEST_CASE("a kept connection that turns out to be closed is replaced once for GET and not for POST or where "
          "that is unwanted") {
  for (std::string method : {"GET", "HEAD", "POST", "GET once"}) {
    CAPTURE(method);
    const bool once = method == "POST" || method.ends_with(" once");
    scripted_server server([](scripted_connection& on, int nth) {
      on.read_head();
      on.say("HTTP/1.1 204 No Content\r\n\r\n");
      if (nth == 0)
        on.read_head(); // the second request is received and not answered
      else
        on.wait_for_close();
    });
    std::optional<asking> client(std::in_place);
    client_request request;
    request.method = method.substr(0, method.find(' '));
    request.once = method.ends_with(" once");
    request.url = on_port(server.port(), "/");
    CHECK(client->send(request).has_value());
    auto again = client->send(request);
    if (once) {
      REQUIRE(!again.has_value());
      CHECK(again.error().code == "http:reset");
      CHECK(client->send(request).has_value()); // and the next call is none the worse
    } else {
      CHECK(again.has_value());
    }
    CHECK(server.connections() == 2);
    client.reset(); // lets the script's last connection end
  }
}

TEST_CASE("a replacement that fails too is not replaced again") {
  scripted_server server([](scripted_connection& on, int nth) {
    on.read_head();
    if (nth == 0) {
      on.say(ok);
      on.read_head();
    }
  });
  asking client;
  CHECK(client.get(on_port(server.port(), "/")).has_value());
  auto again = client.get(on_port(server.port(), "/"));
  REQUIRE(!again.has_value());
  CHECK(again.error().code == "http:reset");
  CHECK(server.connections() == 2);
}

TEST_CASE("a connection closed while it was idle is not used even for POST") {
  asking client;
  client_request request;
  request.method = "POST";
  http::server_limits limits;
  limits.idle_timeout = milliseconds(100);
  live_server server(echo(), limits);
  request.url = on_port(server.port(), "/");
  for (int i = 0; i < 3; ++i) {
    CHECK(client.send(request).has_value());
    REQUIRE(eventually([&] { return server.connections() == 0; }));
  }
}

TEST_CASE("a connection on which too much was said is not used again") {
  scripted_server server(always(std::string(ok) + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"));
  asking client;
  for (int i = 0; i < 2; ++i) CHECK(client.get(on_port(server.port(), "/")).value().body == "ok");
  CHECK(server.connections() == 2);
}

TEST_CASE("a call ends at its deadline whatever the peer does") {
  scripted_server silent([](scripted_connection& on, int) { on.wait_for_close(); });
  scripted_server stalling([](scripted_connection& on, int) {
    on.read_head();
    on.say(sized(10, 5));
    on.wait_for_close();
  });
  for (auto port : {silent.port(), stalling.port()}) {
    asking client;
    client_request request;
    request.url = on_port(port, "/");
    auto answer = client.send(request, std::chrono::steady_clock::now() + milliseconds(100));
    REQUIRE(!answer.has_value());
    CHECK(answer.error().code == "http:timeout");
    auto late = client.send(request, std::chrono::steady_clock::now());
    REQUIRE(!late.has_value());
    CHECK(late.error().code == "http:timeout");
  }
}

TEST_CASE("a large body to a peer that does not read ends at the deadline") {
  std::atomic<bool> over = false;
  scripted_server stuck([&](scripted_connection& on, int) {
    on.read_head();
    eventually([&] { return over.load(); });
  });
  asking client;
  client_request request;
  request.method = "POST";
  request.url = on_port(stuck.port(), "/");
  request.body.assign(50'000'000, 'b');
  auto answer = client.send(request, std::chrono::steady_clock::now() + milliseconds(100));
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == "http:timeout");
  over = true;
}

TEST_CASE("a refusal that comes while the body is being sent is read") {
  live_server server(echo());
  asking client;
  client_request request;
  request.method = "POST";
  request.url = on_port(server.port(), "/");
  request.body.assign(20'000'000, 'b');
  auto answer = client.send(request);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 413);
}

TEST_CASE("headers that could forge a line are refused before anything is sent") {
  asking client;
  client_request request;
  request.url = on_port(1, "/");
  request.headers = {{"Authorization", "Token example-key-1\r\nX-Forged: 1"}};
  auto answer = client.send(request);
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == "http:request");
  request.headers.clear();
  request.method = "GET / HTTP/1.1\r\n";
  CHECK(client.send(request).error().code == "http:request");
}

TEST_CASE("the client's own headers are not said twice") {
  std::string received;
  scripted_server server([&](scripted_connection& on, int) {
    received = on.read_head();
    on.say(ok);
  });
  asking client;
  client_request request;
  request.url = on_port(server.port(), "/x");
  request.headers = {{"host", "other.test"}, {"content-length", "7"}, {"Accept", "application/json"}};
  CHECK(client.send(request).has_value());
  CHECK(received == "GET /x HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                        "\r\nUser-Agent: suivi\r\nAccept: application/json\r\n\r\n");
}

TEST_CASE("a URL of no use is a permanent error") {
  asking client;
  auto answer = client.get("ftp://127.0.0.1/");
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == "http:url");
  CHECK(answer.error().kind == suivi::failure::permanent);
}

TEST_CASE("a name is looked up") {
  live_server server(echo());
  asking client;
  CHECK(client.get("http://localhost:" + std::to_string(server.port()) + "/").has_value());
  client_request nowhere;
  nowhere.url = "http://no-such-host.invalid/";
  auto answer = client.send(nowhere);
  REQUIRE(!answer.has_value());
  CHECK((answer.error().code == "http:resolve" || answer.error().code == "http:timeout"));
}

TEST_CASE("after close nothing is kept and nothing is sent") {
  live_server server(echo());
  asking client;
  CHECK(client.get(on_port(server.port(), "/")).has_value());
  client.itself().close();
  CHECK(eventually([&] { return server.connections() == 0; }));
  auto answer = client.get(on_port(server.port(), "/"));
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == "http:closed");
}

TEST_CASE("no more idle connections are kept than allowed") {
  live_server server(echo());
  client_limits limits;
  limits.max_idle_per_host = 0;
  asking client(limits);
  CHECK(client.get(on_port(server.port(), "/")).has_value());
  CHECK(eventually([&] { return server.connections() == 0; }));
}

TEST_CASE("a canceled call closes its connection and leaves nothing running") {
  scripted_server server([](scripted_connection& on, int) {
    on.read_head();
    on.wait_for_close();
  });
  boost::asio::io_context context;
  client requester(context.get_executor(), {});
  client_request request;
  request.url = on_port(server.port(), "/");
  boost::asio::cancellation_signal stop;
  bool aborted = false;
  auto ended = [&](std::exception_ptr thrown, suivi::result<client_response>) {
    aborted = thrown != nullptr;
  };
  boost::asio::co_spawn(context, requester.send(request, in_half_a_minute()),
                        boost::asio::bind_cancellation_slot(stop.slot(), ended));
  while (server.connections() == 0) context.run_one_for(milliseconds(10));
  stop.emit(boost::asio::cancellation_type::terminal);
  context.run();
  CHECK(aborted);
} // the script's end is the proof that the client has closed
