// TLS between our client and our server: who is trusted, what is reloaded, how it ends.
#include "common/http/wire/tls.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/loopback.hpp"
#include "tests/unit/http/asking.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <openssl/ssl.h>
#include <sys/stat.h>

using namespace loopback;

namespace {

std::string secure(const std::string& host, unsigned short port) {
  return "https://" + host + ":" + std::to_string(port) + "/";
}

client_limits trusting(const certificates& made) {
  client_limits limits;
  limits.ca_file = made.authority();
  return limits;
}

http::tls_files files(const certificates::pair& paths) {
  return {paths.certificate, paths.key};
}

void check_code(const suivi::result<client_response>& answer, const std::string& code) {
  REQUIRE(!answer.has_value());
  CHECK(answer.error().code == code);
}

} // namespace

TEST_CASE("a verified peer is asked by name or by address over one kept connection") {
  certificates made;
  live_server server(echo(), {}, files(made.issue("both", "DNS:localhost,IP:127.0.0.1")));
  for (std::string host : {"localhost", "127.0.0.1"}) {
    asking client(trusting(made));
    client_request request;
    request.method = "POST";
    request.url = secure(host, server.port());
    request.body.assign(200'000, 'b');
    for (int i = 0; i < 3; ++i) {
      auto answer = client.send(request);
      REQUIRE(answer.has_value());
      CHECK(answer->body.size() == 200'007);
    }
    CHECK(server.connections() == 1);
    client.itself().close();
    CHECK(eventually([&] { return server.connections() == 0; }));
  }
}

TEST_CASE("a peer of an unknown authority or with another name is refused for good") {
  certificates made;
  certificates others;
  live_server server(echo(), {}, files(made.issue("local", "DNS:localhost")));
  asking trusting_others(trusting(others));
  auto unknown = trusting_others.get(secure("localhost", server.port()));
  check_code(unknown, "http:certificate");
  CHECK(unknown.error().kind == suivi::failure::permanent);
  asking trusting_system;
  check_code(trusting_system.get(secure("localhost", server.port())), "http:certificate");
  asking client(trusting(made));
  check_code(client.get(secure("127.0.0.1", server.port())), "http:certificate"); // its name is another
  CHECK(client.get(secure("localhost", server.port())).has_value());
}

TEST_CASE("both sides offer suites with forward secrecy and authenticated encryption only") {
  certificates made;
  auto of_server = http::make_server_tls(files(made.issue("local", "DNS:localhost")));
  auto of_client = http::make_client_tls("");
  REQUIRE(of_server.has_value());
  REQUIRE(of_client.has_value());
  for (const auto& context : {*of_server, *of_client}) {
    STACK_OF(SSL_CIPHER)* offered = SSL_CTX_get_ciphers(context->native_handle());
    CHECK(sk_SSL_CIPHER_num(offered) > 4);
    for (int i = 0; i < sk_SSL_CIPHER_num(offered); ++i) {
      const SSL_CIPHER* one = sk_SSL_CIPHER_value(offered, i);
      int exchange = SSL_CIPHER_get_kx_nid(one);
      CAPTURE(SSL_CIPHER_get_name(one));
      CHECK(SSL_CIPHER_is_aead(one) == 1);
      CHECK((exchange == NID_kx_ecdhe || exchange == NID_kx_any));
    }
  }
}

TEST_CASE("who takes any certificate is answered by a peer of another name and an unknown authority") {
  certificates made;
  live_server server(echo(), {}, files(made.issue("local", "DNS:shop.example")));
  suivi::http::client_limits limits;
  limits.any_certificate = true;
  asking client(limits);
  CHECK(client.get(secure("127.0.0.1", server.port())).has_value());
}

TEST_CASE("authorities that cannot be read are a permanent error") {
  client_limits limits;
  limits.ca_file = "/nonexistent/authority.pem";
  asking client(limits);
  auto answer = client.get("https://127.0.0.1:1/");
  check_code(answer, "http:certificate");
  CHECK(answer.error().kind == suivi::failure::permanent);
}

TEST_CASE("a reloaded certificate serves new connections and leaves the old ones alone") {
  certificates made;
  live_server server(echo(), {}, files(made.issue("first", "DNS:first.test")));
  asking client(trusting(made));
  check_code(client.get(secure("localhost", server.port())), "http:certificate");
  CHECK(server.use_tls(files(made.issue("second", "DNS:localhost"))).has_value());
  CHECK(client.get(secure("localhost", server.port())).has_value());
  CHECK(server.use_tls(files(made.issue("third", "DNS:third.test"))).has_value());
  CHECK(client.get(secure("localhost", server.port())).has_value()); // on the kept connection
}

TEST_CASE("files that make no pair are refused and the old certificate stays") {
  certificates made;
  auto good = made.issue("good", "DNS:localhost");
  auto other = made.issue("other", "DNS:localhost");
  live_server server(echo(), {}, files(good));
  auto nonsense = made.authority() + ".txt";
  std::ofstream(nonsense) << "nonsense";
  struct bad_pair {
    http::tls_files files;
    std::string code, named;
  };
  for (const auto& [bad, code, named] :
       {bad_pair{{good.certificate, other.key}, "http:tls_key", other.key},
        bad_pair{{good.certificate, nonsense}, "http:tls_key", nonsense},
        bad_pair{{good.certificate, "/nonexistent.key"}, "http:tls_key", "/nonexistent.key"},
        bad_pair{{nonsense, good.key}, "http:tls_certificate", nonsense},
        bad_pair{{"/nonexistent.pem", good.key}, "http:tls_certificate", "/nonexistent.pem"}}) {
    CAPTURE(named);
    auto used = server.use_tls(bad);
    REQUIRE(!used.has_value());
    CHECK(used.error().code == code);
    CHECK(used.error().detail.starts_with(named + ": "));
    CHECK(used.error().kind == suivi::failure::permanent);
    if (bad.key == other.key)
      CHECK(used.error().detail == other.key + ": not the key of " + good.certificate);
  }
  asking client(trusting(made));
  CHECK(client.get(secure("localhost", server.port())).has_value());
}

TEST_CASE("a pipe in a file's place is refused and not waited for") {
  certificates made;
  http::tls_files pair = files(made.issue("local", "DNS:localhost"));
  std::string pipe = pair.key + ".pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(http::make_server_tls({pair.certificate, pipe}).error().code == "http:tls_key");
  CHECK(http::make_server_tls({pipe, pair.key}).error().code == "http:tls_certificate");
}

TEST_CASE("plain and secure do not understand each other and nobody hangs") {
  certificates made;
  http::server_limits limits;
  limits.header_timeout = milliseconds(200);
  live_server secure_server(echo(), limits, files(made.issue("local", "DNS:localhost")));
  live_server plain_server(echo());
  asking client(trusting(made));
  check_code(client.get(secure("localhost", plain_server.port())), "http:malformed");
  auto plain = client.get(on_port(secure_server.port(), "/"));
  CHECK(!plain.has_value());
  raw_peer mute(secure_server.port()); // a handshake that never begins ends by the header's time limit
  CHECK(mute.closed_by_server());
  CHECK(client.get(secure("localhost", secure_server.port())).has_value());
}

TEST_CASE("draining ends secure connections too") {
  certificates made;
  live_server server(echo(), {}, files(made.issue("local", "DNS:localhost")));
  asking client(trusting(made));
  CHECK(client.get(secure("localhost", server.port())).has_value());
  server.drain(milliseconds(60'000));
  CHECK(eventually([&] { return server.ended(); }));
}

TEST_CASE("a secure peer is refused what is too large and can read so") {
  certificates made;
  live_server server(echo(), {}, files(made.issue("local", "DNS:localhost")));
  asking client(trusting(made));
  client_request request;
  request.method = "POST";
  request.url = secure("localhost", server.port());
  request.body.assign(300'000, 'b');
  auto answer = client.send(request);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 413);
}
