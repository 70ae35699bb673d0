// What a receiver tells of itself while nobody looks: figures, lines of the log that do not drown the others,
// and new secrets without a restart.
#include "common/base/time.hpp"
#include "tests/programs/gated_receiver.hpp"
#include "tests/programs/operations_client.hpp"
#include "tests/programs/webhook_sender.hpp"
#include "tests/support/certificates.hpp"

#include <fstream>

using namespace suivi;
using namespace suivi::test;

namespace {

std::size_t count(const std::string& in, const std::string& text) {
  std::size_t n = 0;
  for (auto at = in.find(text); at != std::string::npos; at = in.find(text, at + text.size())) ++n;
  return n;
}

double unix_time() {
  return std::chrono::duration<double>(now().time_since_epoch()).count();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

struct settings_in_files {
  folder kept;
  std::string secrets = kept.path() + "/secrets", token = kept.path() + "/token",
              settings = kept.path() + "/suivi.toml";

  settings_in_files() {
    write(secrets, "example-secret\n");
    write(token, "example-token-1\n");
    write(settings, "[log]\nlevel = \"info\"\n");
  }
  [[nodiscard]] suivi::test::environment environment() const {
    return {{"MAYSTRO_WEBHOOK_SECRET", ""},
            {"MAYSTRO_WEBHOOK_SECRET_FILE", secrets},
            {"SUIVI_ADMIN_TOKEN_FILE", token},
            {"SUIVI_CONFIG", settings}};
  }
};

int status_with_token(webhook_sender& r, const std::string& value) {
  return r.ask(request("GET", "/api/v1/coverage", "", "Authorization: Bearer " + value + "\r\n")).status;
}

} // namespace

TEST_CASE("figures tell of the process, its connections, its loop and what was stored last") {
  gated_receiver r({{"SUIVI_ADMIN_TOKEN", "example-admin"}, {"SUIVI_RECEIVER_MAX_CONNECTIONS", "123"}});
  CHECK(r.metric("suivi_last_webhook_stored_timestamp_seconds") == 0);
  double before = unix_time();
  r.push_some(2);
  CHECK(ask("GET", r.base + "/api/v1/coverage", "example-admin").status == 200);
  CHECK(ask("GET", r.base + "/api/v1/coverage", "wrong").status == 401);
  CHECK(ask("GET", r.base + "/api/v1/orders/nobody", "example-admin").status == 404);
  std::string figures = http_get(r.base + "/metrics").body;
  auto value = [&](const std::string& name) { return metric(figures, name); };
  CHECK(value("suivi_last_webhook_stored_timestamp_seconds") >= before - 1);
  CHECK(value("suivi_last_webhook_stored_timestamp_seconds") <= unix_time() + 1);
  CHECK(value("process_resident_memory_bytes") > 1e6);
  CHECK(value("process_open_fds") > 5);
  CHECK(value("process_max_fds") >= value("process_open_fds"));
  CHECK(value("process_start_time_seconds") > before - 3600);
  CHECK(value(R"(suivi_api_responses_total{status="200"})") == 1);
  CHECK(value(R"(suivi_api_responses_total{status="401"})") == 1);
  CHECK(value(R"(suivi_api_responses_total{status="404"})") == 1);
  CHECK(value("suivi_http_connections_max") == 123);
  CHECK(value("suivi_http_connections") >= 1);
  double pooled = value(R"(suivi_database_connections{state="in_use"})") +
                  value(R"(suivi_database_connections{state="idle"})");
  CHECK(pooled >= 1);
  CHECK(pooled <= 4);
  CHECK(value("suivi_database_connection_waiters") >= 0);
  CHECK(value("suivi_tls_certificate_expiry_timestamp_seconds") == 0);
  CHECK(figures.find("suivi_build_info{version=\"") != std::string::npos);
  wait_until("time of a processor", [&] { return r.metric("process_cpu_seconds_total") > 0; });
  wait_until("a measure of the loop", [&] { return r.metric("suivi_loop_lag_seconds_count") > 0; });
  r.recovers();
}

TEST_CASE("the end of the certificate in force is among the figures") {
  loopback::certificates made;
  auto pair = made.issue("server", "DNS:localhost");
  webhook_sender r({{"SUIVI_RECEIVER_TLS_CERTIFICATE", pair.certificate},
                    {"SUIVI_RECEIVER_TLS_KEY", pair.key},
                    {"SUIVI_RECEIVER_HEALTH_LISTEN", "127.0.0.1:0"}});
  auto port = std::to_string(r.process->number_from_log("health_port"));
  double end = metric(http_get("http://127.0.0.1:" + port + "/metrics").body,
                      "suivi_tls_certificate_expiry_timestamp_seconds");
  CHECK(end > unix_time());
  CHECK(end < unix_time() + 50.0 * 366 * 86'400);
}

TEST_CASE("webhooks that are not understood, and events that fail, are one line with their count") {
  gated_receiver r;
  for (int n = 0; n < 6; ++n)
    CHECK(http_post(r.base + "/webhooks/maystro/example-secret", "no message " + std::to_string(n)).status ==
          202);
  CHECK(count(r.process->log(), "could not be decoded and were quarantined") == 1);
  r.db.execute(R"(create function refuse() returns trigger language plpgsql as $$
      begin raise 'poison' using errcode = '22003'; end $$;
    create trigger refuse before update on orders for each row execute function refuse())");
  r.push_some(5);
  wait_until("five that fail", [&] { return r.metric("suivi_events_failed") == 5; });
  CHECK(count(r.process->log(), "events cannot be applied") == 1);
  r.db.execute("drop trigger refuse on orders");
  auto replayed = run_program("suivi-receiver", {"replay", "--outcome", "failed"},
                              {{"DATABASE_URL", r.db.url()}, {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}});
  CAPTURE(replayed.log);
  CHECK(replayed.status == 0);
  wait_until("none that fails", [&] { return r.metric("suivi_events_failed") == 0; });
  wait_until("the orders", [&] {
    return r.db.value(R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')") == "5";
  });
}

TEST_CASE("what every event fails of is one line, however many there are and however often they are tried") {
  gated_receiver r;
  auto lines = [&] { return count(r.process->log(), "sqlstate:42703"); };
  r.db.execute(R"(alter table orders rename column "abortReason" to "otherName")");
  r.push_some(5);
  wait_until("a second try of each", [&] {
    return r.db.number("select count(*) from suivi.pending where state = 'failed' and attempts > 1") == 5;
  });
  CHECK(lines() == 1);
  r.db.execute(R"(alter table orders rename column "otherName" to "abortReason")");
  wait_until("the orders", [&] {
    return r.db.value(R"(select count(*) from orders where "shippingStatus" = 'EXPÉDIÉ')") == "5";
  });
}

TEST_CASE("webhook secrets, the admin token and the log's level are read again at SIGHUP, mistakes change "
          "nothing") {
  const settings_in_files files;
  webhook_sender r(files.environment());
  const std::string other_address = "/webhooks/maystro/example-other";
  CHECK(r.push(secret_address, event("R1")).status == 200);
  CHECK(r.push(other_address, event("R2")).status == 401);
  CHECK(status_with_token(r, "example-token-1") == 200);

  raw_peer reader(r.port);
  reader.send(request("GET", "/api/v1/stream", "", "Authorization: Bearer example-token-1\r\n"));
  wait_until("the stream", [&] {
    return metric(r.ask(request("GET", "/metrics")).body, R"(suivi_api_responses_total{status="200"})") == 2;
  });
  write(files.secrets, "example-other\nexample-secret\n");
  write(files.token, "example-token-2\n");
  write(files.settings, "[log]\nlevel = \"debug\"\n");
  r.process->signal(SIGHUP);
  wait_until("a reload", [&] { return contains(r.process->log(), "were read again"); });
  CHECK(contains(r.process->log(), R"("level":"debug")"));
  CHECK_FALSE(contains(r.process->log(), "example-other"));
  CHECK(r.push(other_address, event("R2")).status == 200);
  CHECK(r.push(secret_address, event("R3")).status == 200);
  CHECK(status_with_token(r, "example-token-1") == 401);
  CHECK(status_with_token(r, "example-token-2") == 200);
  CHECK(contains(reader.read_to_end(), "text/event-stream")); // who came with the former token is cut off

  write(files.secrets, "example-other\n");
  r.process->signal(SIGHUP);
  wait_until("the next", [&] { return count(r.process->log(), "were read again") == 2; });
  CHECK(r.push(secret_address, event("R4")).status == 401);

  write(files.secrets, "");
  r.process->signal(SIGHUP);
  wait_until("an error", [&] { return contains(r.process->log(), "the settings cannot be read again"); });
  CHECK(r.push(other_address, event("R5")).status == 200);
  CHECK(status_with_token(r, "example-token-2") == 200);
  CHECK(r.stored() == 4);
}

TEST_CASE("a reload of settings that are systemd's copies says that a restart takes new ones") {
  const settings_in_files files;
  for (bool copies : {true, false}) {
    suivi::test::environment environment = files.environment();
    environment["CREDENTIALS_DIRECTORY"] = copies ? files.kept.path() : files.kept.path() + "/of-others";
    webhook_sender r(environment);
    r.process->signal(SIGHUP);
    wait_until("a reload", [&] { return contains(r.process->log(), "were read again"); });
    CHECK(contains(r.process->log(), "new ones want a restart") == copies);
  }
}
