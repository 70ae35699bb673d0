// The second address for probes and scrapers, and the pause between SIGTERM and the stop in which balancers
// turn away: the real program, as an orchestrator sees it.
#include "tests/programs/webhook_sender.hpp"

#include <chrono>
#include <csignal>
#include <list>

using namespace suivi::test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

raw_answer get(unsigned short port, const std::string& target, const std::string& headers = "") {
  raw_peer peer(port);
  peer.send(request("GET", target, "", headers));
  return peer.read();
}

unsigned short health_port(webhook_sender& receiver) {
  return static_cast<unsigned short>(receiver.process->number_from_log("health_port"));
}

} // namespace

TEST_CASE("the health address serves the three pages and nothing else") {
  webhook_sender receiver(
      {{"SUIVI_RECEIVER_HEALTH_LISTEN", "127.0.0.1:0"}, {"SUIVI_ADMIN_TOKEN", "example-token"}});
  unsigned short health = health_port(receiver);
  CHECK(get(health, "/healthz").status == 200);
  CHECK(contains(get(health, "/readyz").body, R"("database":"up")"));
  CHECK(contains(get(health, "/metrics").body, "suivi_events_pending"));
  for (const char* target :
       {"/", "/api/v1/coverage", "/api/v1/openapi.json", "/webhooks/maystro/example-secret"})
    CHECK(get(health, target, "Authorization: Bearer example-token\r\n").status == 404);
  raw_peer peer(health);
  peer.send(request("POST", secret_address, event("R1")));
  CHECK(peer.read().status == 404);
  CHECK(receiver.stored() == 0);
  // What is served there is served on the receiver's address as before.
  CHECK(get(receiver.port, "/readyz").status == 200);
}

TEST_CASE("the health address answers while the receiver has all the connections it may have") {
  webhook_sender receiver(
      {{"SUIVI_RECEIVER_HEALTH_LISTEN", "127.0.0.1:0"}, {"SUIVI_RECEIVER_MAX_CONNECTIONS", "2"}});
  std::list<raw_peer> idle;
  for (int i = 0; i < 2; ++i) {
    idle.emplace_back(receiver.port);
    CHECK(idle.back().send(request("GET", "/healthz")));
    CHECK(idle.back().read().status == 200);
  }
  unsigned short health = health_port(receiver);
  for (int i = 0; i < 5; ++i) {
    CHECK(get(health, "/healthz").status == 200);
    CHECK(get(health, "/readyz").status == 200);
  }
}

TEST_CASE("a health address that cannot be had ends the receiver with status 1 and a line that names it") {
  webhook_sender first({{"SUIVI_RECEIVER_HEALTH_LISTEN", "127.0.0.1:0"}});
  std::string taken = "127.0.0.1:" + std::to_string(health_port(first));
  auto second = run_program("suivi-receiver", {},
                            {{"DATABASE_URL", first.db().url()},
                             {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                             {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                             {"SUIVI_RECEIVER_HEALTH_LISTEN", taken}});
  CHECK(second.status == 1);
  CHECK(contains(second.log, "receiver.health_listen"));
  CHECK(contains(second.log, taken));
}

TEST_CASE(
    "after SIGTERM the receiver says 503 to balancers for the drain delay, takes webhooks, and then stops") {
  webhook_sender receiver(
      {{"SUIVI_RECEIVER_HEALTH_LISTEN", "127.0.0.1:0"}, {"SUIVI_RECEIVER_DRAIN_DELAY", "4s"}});
  unsigned short health = health_port(receiver);
  CHECK(get(receiver.port, "/readyz").status == 200);
  steady_clock::time_point requested_at = steady_clock::now();
  receiver.process->signal(SIGTERM);
  wait_until("503 at /readyz", [&] { return get(receiver.port, "/readyz").status == 503; });
  CHECK(get(health, "/readyz").status == 503);
  CHECK(contains(get(health, "/readyz").body, R"("database":"up")"));
  CHECK(get(health, "/healthz").status == 200);
  CHECK(get(receiver.port, "/healthz").status == 200);
  CHECK(receiver.push(secret_address, event("R1")).status == 200);
  CHECK(receiver.process->runs());
  CHECK(receiver.process->wait(14s) == 0);
  CHECK(steady_clock::now() - requested_at >= 4s);
  CHECK(receiver.stored() == 1);
}

TEST_CASE("a second SIGTERM does not wait for the drain delay") {
  webhook_sender receiver({{"SUIVI_RECEIVER_DRAIN_DELAY", "1h"}});
  receiver.process->signal(SIGTERM);
  wait_until("503 at /readyz", [&] { return get(receiver.port, "/readyz").status == 503; });
  receiver.process->signal(SIGTERM);
  CHECK(receiver.process->wait(10s) == 128 + SIGTERM);
}
