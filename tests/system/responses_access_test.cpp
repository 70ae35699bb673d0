// Who may: addresses that are allowed, behind proxies too, figures for those nearby, and patience with who is
// refused.
#include "tests/programs/webhook_sender.hpp"
#include "tests/support/builders.hpp"

#include <sstream>

using namespace suivi::test;

namespace {

std::string forwarded(const std::string& addresses) {
  return "X-Forwarded-For: " + addresses + "\r\n";
}

double metric_of(const webhook_sender& r, const std::string& name) {
  return metric(r.ask(request("GET", "/metrics")).body, name);
}

} // namespace

TEST_CASE("only allowed addresses may push, and nobody's word for an address is taken without trust") {
  webhook_sender r({{"SUIVI_RECEIVER_ALLOW_FROM", "203.0.113.0/24,2001:db8::/32"}});
  auto got = r.push(secret_address, event("R1"));
  CHECK(got.status == 403);
  CHECK(contains(got.body, R"("code":"FORBIDDEN")"));
  CHECK(r.push(secret_address, event("R1"), forwarded("203.0.113.9")).status == 403);
  CHECK(r.push("/webhooks/maystro/wrong", event("R1")).status == 403); // before the secret
  CHECK(r.push("/api/webhooks/maystro?secret=example-secret", event("R1")).status == 403);
  CHECK(r.push("/api/v1/webhooks/maystro?secret=example-secret", event("R1")).status == 403);
  CHECK(r.stored() == 0);
  for (const char* address : {"/healthz", "/readyz", "/metrics"}) // the webhooks' addresses only
    CHECK(r.ask(request("GET", address)).status == 200);
  CHECK(contains(r.process->log(),
                 R"("message":"requests are refused; the first one is logged, once a minute",)"
                 R"("status":403,"from":"127.0.0.1")"));
  webhook_sender near({{"SUIVI_RECEIVER_ALLOW_FROM", "127.0.0.1"}});
  CHECK(near.push(secret_address, event("R1")).status == 200);
}

TEST_CASE("behind one and two trusted proxies the client is whom they name") {
  webhook_sender r({{"SUIVI_RECEIVER_ALLOW_FROM", "203.0.113.0/24,2001:db8::/32"},
                    {"SUIVI_RECEIVER_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"}});
  struct row {
    std::string headers;
    unsigned status;
  };
  int n = 0;
  for (const auto& [headers, status] : {
           row{forwarded("203.0.113.9"), 200}, row{forwarded("[2001:db8::7]:4711"), 200},
           row{forwarded("::ffff:203.0.113.9"), 200}, row{forwarded("198.51.100.1, 203.0.113.9"), 200},
           row{forwarded("203.0.113.9, 198.51.100.1"), 403}, // made up by 198.51.100.1
           row{forwarded("203.0.113.9, 10.0.0.2"), 200},
           row{forwarded("203.0.113.9") + forwarded("10.0.0.2"), 200},
           row{forwarded("203.0.113.9, 198.51.100.1, 10.0.0.2"), 403},
           row{forwarded("203.0.113.9, unknown"), 403}, row{forwarded("203.0.113.9, unknown, 10.0.0.2"), 403},
           row{forwarded("unknown, 203.0.113.9"), 200}, row{forwarded(""), 403},
           row{"", 403}, // the proxy itself
       }) {
    CAPTURE(headers);
    CHECK(r.push(secret_address, event("R" + std::to_string(++n)), headers).status == status);
  }
  CHECK(r.push("/webhooks/maystro/wrong", event("no"), forwarded("203.0.113.9")).status == 401);
  CHECK(r.stored() == 7);
}

TEST_CASE("figures are for near addresses, and who stands behind a near proxy is not near for that") {
  webhook_sender r(
      {{"SUIVI_RECEIVER_TRUSTED_PROXIES", "127.0.0.0/8"}, {"SUIVI_ADMIN_TOKEN", "example-token"}});
  auto status = [&](const std::string& headers) {
    return r.ask(request("GET", "/metrics", "", headers)).status;
  };
  CHECK(status("") == 200);
  CHECK(status(forwarded("192.168.1.1")) == 200);
  CHECK(status(forwarded("203.0.113.9")) == 401);
  CHECK(status(forwarded("192.168.1.1, 203.0.113.9")) == 401);
  CHECK(status(forwarded("unknown")) == 401);
  CHECK(status(forwarded("203.0.113.9") + "Authorization: Bearer example-token\r\n") == 200);
  CHECK(status(forwarded("203.0.113.9") + "Authorization: Bearer example-toke\r\n") == 401);
  webhook_sender unlisted({{"SUIVI_ADMIN_TOKEN", "example-token"}});
  for (const char* mark :
       {"X-Forwarded-For: 192.168.1.1\r\n", "Forwarded: for=192.168.1.1\r\n", "X-Real-IP: 127.0.0.1\r\n",
        "Via: 1.1 proxy\r\n", "x-forwarded-proto: https\r\n", "CF-Connecting-IP: 127.0.0.1\r\n",
        "true-client-ip: 127.0.0.1\r\n", "X-Azure-ClientIP: 127.0.0.1\r\n",
        "X-Envoy-External-Address: ::1\r\n", "X-Original-Forwarded-For: 127.0.0.1\r\n",
        "CDN-Loop: example\r\n", "X-Varnish: 1\r\n", "X-Amz-Cf-Id: 1\r\n"}) {
    CAPTURE(mark);
    CHECK(unlisted.ask(request("GET", "/metrics", "", mark)).status == 401);
    CHECK(unlisted
              .ask(request("GET", "/metrics", "",
                           std::string(mark) + "Authorization: Bearer example-token\r\n"))
              .status == 200);
  }
  CHECK(unlisted.ask(request("GET", "/metrics")).status == 200);
  webhook_sender closed({{"SUIVI_RECEIVER_TRUSTED_PROXIES", "127.0.0.0/8"}});
  CHECK(closed.ask(request("GET", "/metrics", "", forwarded("203.0.113.9") + "Authorization: Bearer \r\n"))
            .status == 401);
}

TEST_CASE("who keeps being refused is told to wait, but whatever is right is served at once") {
  webhook_sender r({{"SUIVI_RECEIVER_TRUSTED_PROXIES", "127.0.0.1"}, {"SUIVI_ADMIN_TOKEN", "example-token"}});
  raw_peer peer(r.port);
  int refused = 0;
  raw_answer got;
  for (; refused < 5000; ++refused) {
    peer.send(request("POST", "/webhooks/maystro/guess" + std::to_string(refused), event("no"),
                      forwarded("203.0.113.9")));
    got = peer.read();
    if (got.status != 401) break;
  }
  CHECK(refused >= 600); // more where a minute ended meanwhile
  CHECK(refused <= 1200);
  CHECK(got.status == 429);
  auto at = got.head.find("Retry-After: ");
  REQUIRE(at != std::string::npos);
  auto wait = std::stoi(got.head.substr(at + 13));
  CHECK(wait >= 1);
  CHECK(wait <= 60);
  auto status = [&](const std::string& from, const std::string& bytes_target) {
    peer.send(request("POST", bytes_target, event("from " + from), forwarded(from)));
    return peer.read().status;
  };
  CHECK(status("203.0.113.9", secret_address) == 200);
  CHECK(status("203.0.113.10", "/webhooks/maystro/wrong") == 401);
  CHECK(status("203.0.113.9", "/nowhere") == 404);
  peer.send(request("GET", "/api/v1/coverage", "",
                    forwarded("203.0.113.9") + "Authorization: Bearer example-token\r\n"));
  CHECK(peer.read().status == 200);
  peer.send(
      request("GET", "/api/v1/coverage", "", forwarded("203.0.113.9") + "Authorization: Bearer wrong\r\n"));
  CHECK(peer.read().status == 429);
  CHECK(r.stored() == 1);
  CHECK(metric_of(r, R"(suivi_webhooks_total{answer="unauthorized"})") >= refused);
}

TEST_CASE("help and check-config tell an operator how to guard the door, and a bad network is named") {
  auto help = run_program("suivi-receiver", {"--help"});
  for (const char* key : {"receiver.tls_certificate", "receiver.tls_key", "receiver.allow_from",
                          "receiver.trusted_proxies", "X-Forwarded-For", "SIGHUP"}) {
    CAPTURE(key);
    CHECK(contains(help.output, key));
  }
  environment settings{{"DATABASE_URL", "postgresql://127.0.0.1/shop"},
                       {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                       {"SUIVI_RECEIVER_ALLOW_FROM", "203.0.113.0/24, 2001:db8::1"},
                       {"SUIVI_RECEIVER_TRUSTED_PROXIES", "127.0.0.1"}};
  auto printed = run_program("suivi-receiver", {"--check-config"}, settings);
  CHECK(printed.status == 0);
  CHECK(contains(printed.output, R"(allow_from = ["203.0.113.0/24", "2001:db8::1/128"])"));
  CHECK(contains(printed.output, R"(trusted_proxies = ["127.0.0.1/32"])"));
  settings["SUIVI_RECEIVER_TRUSTED_PROXIES"] = "127.0.0.1/33";
  auto wrong = run_program("suivi-receiver", {"--check-config"}, settings);
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.log,
                 "receiver.trusted_proxies = \"127.0.0.1/33\" (SUIVI_RECEIVER_TRUSTED_PROXIES): allowed is"));
}

TEST_CASE("who holds every connection keeps no webhook out, and the log says it") {
  webhook_sender r({{"SUIVI_RECEIVER_MAX_CONNECTIONS", "50"}});
  std::vector<std::unique_ptr<raw_peer>> strangers;
  for (int n = 0; n < 150; ++n) {
    strangers.push_back(std::make_unique<raw_peer>(r.port));
    if (n % 2 == 0) strangers.back()->send("POST " + secret_address.substr(0, 10));
  }
  auto begun = std::chrono::steady_clock::now();
  for (int n = 0; n < 5; ++n) CHECK(r.push(secret_address, event("R" + std::to_string(n))).status == 200);
  CHECK(r.ask(request("GET", "/healthz")).status == 200);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(10) * slowness);
  CHECK(contains(r.process->log(), "all connections are taken"));
}

TEST_CASE("a wrong secret or address is refused before the body comes") {
  webhook_sender r(
      {{"SUIVI_RECEIVER_TRUSTED_PROXIES", "127.0.0.1"}, {"SUIVI_RECEIVER_ALLOW_FROM", "192.0.2.0/24"}});
  auto head_only = [&](const std::string& target, const std::string& client) {
    raw_peer peer(r.port);
    peer.send("POST " + target + " HTTP/1.1\r\nHost: x\r\n" + forwarded(client) +
              "Content-Length: 200000\r\n\r\n");
    return peer.read().status;
  };
  CHECK(head_only("/webhooks/maystro/wrong", "192.0.2.1") == 401);
  CHECK(head_only(secret_address, "203.0.113.9") == 403);
  CHECK(head_only("/healthz", "192.0.2.1") == 405);
  CHECK(r.push(secret_address, event("R1"), forwarded("192.0.2.1")).status == 200);
  CHECK(r.stored() == 1);
}
