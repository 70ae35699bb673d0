// HTTPS from the receiver itself: what a bad pair of files does at the start and at SIGHUP, and that a
// renewal is noticed by nobody who is connected.
#include "tests/programs/webhook_sender.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/http/asking.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

using namespace suivi::test;
using loopback::asking;
using loopback::certificates;

namespace {

// The files that the settings name; renewed by writing over them.
struct installed {
  explicit installed(certificates& from) : made(from) { put(made.issue("first", "DNS:localhost")); }
  void put(const certificates::pair& pair) const {
    auto options = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(pair.certificate, certificate, options);
    std::filesystem::copy_file(pair.key, key, options);
  }
  certificates& made;
  std::string certificate = made.authority() + ".in-force.pem";
  std::string key = made.authority() + ".in-force.key";
  environment settings{{"SUIVI_RECEIVER_TLS_CERTIFICATE", certificate}, {"SUIVI_RECEIVER_TLS_KEY", key}};
};

loopback::client_limits trusting(const certificates& made) {
  loopback::client_limits limits;
  limits.ca_file = made.authority();
  return limits;
}

// The status; 0 where there is no connection.
unsigned push(asking& client, const webhook_sender& r, const std::string& reference) {
  loopback::client_request request;
  request.method = "POST";
  request.url = "https://localhost:" + std::to_string(r.port) + secret_address;
  request.body = event(reference);
  auto answer = client.send(request);
  return answer ? answer->status : 0;
}

finished start(const environment& more) {
  environment all{{"DATABASE_URL", "postgresql://127.0.0.1:1/shop"},
                  {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                  {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"}};
  all.insert(more.begin(), more.end());
  return run_program("suivi-receiver", {}, all);
}

} // namespace

TEST_CASE("webhooks come in over TLS, and what is not TLS does not") {
  certificates made;
  installed files(made);
  webhook_sender r(files.settings);
  asking client(trusting(made));
  CHECK(push(client, r, "R1") == 200);
  CHECK(r.holds("R1"));
  raw_peer plain(r.port);
  plain.send(request("POST", secret_address, event("R2")));
  CHECK_FALSE(contains(plain.read_to_end(), "HTTP/1.1"));
  CHECK(push(client, r, "R3") == 200);
  CHECK(r.stored() == 2);
}

TEST_CASE("a session over the receiver's own TLS has a secure cookie, and its origin is https") {
  certificates made;
  installed files(made);
  files.settings["SUIVI_ADMIN_TOKEN"] = "example-admin";
  webhook_sender r(files.settings);
  asking client(trusting(made));
  const std::string own = "localhost:" + std::to_string(r.port), token = R"({"token":"example-admin"})";
  auto post = [&](const std::string& path, const std::string& origin, const std::string& cookie,
                  const std::string& body) {
    loopback::client_request request;
    request.method = "POST";
    request.url = "https://" + own + "/api/v1/" + path;
    request.headers = {{"Origin", origin}};
    if (!cookie.empty()) request.headers.emplace_back("Cookie", cookie);
    request.body = body;
    auto answer = client.send(request);
    REQUIRE(answer.has_value());
    return *answer;
  };
  CHECK(post("session", "http://" + own, "", token).status == 403);
  auto in = post("session", "https://" + own, "", token);
  CHECK(in.status == 204);
  std::string cookie(suivi::http::find_header(in.headers, "Set-Cookie").value_or(""));
  CHECK(cookie.starts_with("__Host-suivi=v1."));
  CHECK(contains(cookie, "; Secure"));
  cookie.resize(std::min(cookie.find(';'), cookie.size()));
  CHECK(post("webhooks/events/1/retry", "https://" + own, cookie, "").status == 404);
  CHECK(post("webhooks/events/1/retry", "http://" + own, cookie, "").status == 403);
}

TEST_CASE("a renewed certificate is served after SIGHUP, whoever is connected stays so, and a bad one "
          "changes nothing") {
  certificates made, others;
  installed files(made);
  webhook_sender r(files.settings);
  asking early(trusting(made)); // keeps its connection
  REQUIRE(push(early, r, "R1") == 200);

  files.put(others.issue("second", "DNS:localhost"));
  r.process->signal(SIGHUP);
  wait_until("the reload", [&] { return contains(r.process->log(), "the TLS certificate was reloaded"); });
  asking renewed(trusting(others));
  CHECK(push(renewed, r, "R2") == 200);
  asking outdated(trusting(made));
  CHECK(push(outdated, r, "no") == 0);
  CHECK(push(early, r, "R3") == 200);

  std::ofstream(files.key) << "nonsense";
  r.process->signal(SIGHUP);
  wait_until("the refusal", [&] {
    return contains(r.process->log(),
                    R"("level":"error","program":"suivi-receiver","message":"the new TLS certificate cannot )"
                    R"(be used, the old one stays in force","error":"receiver.tls_key = )" +
                        files.key + ": ");
  });
  asking later(trusting(others));
  CHECK(push(later, r, "R4") == 200);
  CHECK(push(early, r, "R5") == 200);
  CHECK(r.stored() == 5);

  files.put(made.issue("third", "DNS:localhost"));
  r.process->signal(SIGHUP);
  asking again(trusting(made));
  wait_until("the next reload", [&] { return push(again, r, "R6") == 200; });
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("SIGHUP without TLS leaves the receiver running") {
  webhook_sender r;
  r.process->signal(SIGHUP);
  wait_until("a line", [&] { return contains(r.process->log(), "were read again"); });
  CHECK(r.push(secret_address, event("R1")).status == 200);
}

TEST_CASE("files that cannot be used are status 2 and one line naming the key and the file") {
  certificates made;
  installed files(made);
  auto other = made.issue("other", "DNS:localhost");
  struct row {
    std::string certificate, key, line;
  };
  for (const auto& [certificate, key, line] :
       {row{"/nonexistent.pem", files.key,
            "suivi-receiver: receiver.tls_certificate = /nonexistent.pem: No such file"},
        row{files.certificate, "/nonexistent.key",
            "suivi-receiver: receiver.tls_key = /nonexistent.key: No such file"},
        row{files.key, files.key, "suivi-receiver: receiver.tls_certificate = " + files.key + ": "},
        row{files.certificate, other.key,
            "suivi-receiver: receiver.tls_key = " + other.key + ": not the key of " + files.certificate}}) {
    auto done = start({{"SUIVI_RECEIVER_TLS_CERTIFICATE", certificate}, {"SUIVI_RECEIVER_TLS_KEY", key}});
    CAPTURE(done.log);
    CHECK(done.status == 2);
    CHECK(done.log.starts_with(line));
    CHECK(contains(done.log, "; allowed is a readable PEM file"));
    CHECK(std::count(done.log.begin(), done.log.end(), '\n') == 1);
  }
  auto half = start({{"SUIVI_RECEIVER_TLS_KEY", files.key}});
  CHECK(half.status == 2);
  CHECK(half.log == "suivi-receiver: receiver.tls_certificate = \"\", receiver.tls_key = \"" + files.key +
                        "\": allowed is both or neither\n");
}
