// A database that is there and of no use: it takes connections and never answers, stands still, is slow, lets
// nobody in, takes no writes. Webhooks are kept all the same, the receiver always ends when it should, and
// all is well afterwards.
#include "tests/programs/operations_client.hpp"
#include "tests/programs/unsteady_database.hpp"

#include <atomic>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace suivi::test;

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds courier_patience{
    30 * slowness}; // a courier waits for ten, on a machine that has more to do for itself

// Connections to it are made by the kernel, and that is all.
struct mute_server {
  mute_server() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(fd, 128) == 0);
    socklen_t size = sizeof at;
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    url = "postgresql://postgres@127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/postgres";
  }
  mute_server(const mute_server&) = delete;
  mute_server& operator=(const mute_server&) = delete;
  ~mute_server() { ::close(fd); }

  int fd;
  std::string url;
};

std::size_t count(const std::string& in, const std::string& text) {
  std::size_t n = 0;
  for (auto at = in.find(text); at != std::string::npos; at = in.find(text, at + text.size())) ++n;
  return n;
}

// Each is answered in time, and kept; where a busy disk makes that a 503, when it is sent again.
void push_in_time(receiver& r, int from, int to) {
  for (int n = from; n < to; ++n) {
    CAPTURE(n);
    bool kept = false;
    for (int tries = 0; !kept && tries < 3; ++tries) {
      auto begun = clock::now();
      kept = r.push(n);
      CHECK(clock::now() - begun < courier_patience);
    }
    CHECK(kept);
  }
}

bool is_down(const receiver& r) {
  return r.readiness().starts_with(R"({"database":"down")");
}

// Everything is in the events within a minute of the database's return, once, and applied.
void check_recovery(const cluster& db, const receiver& r, clock::time_point returned) {
  wait_until("an empty spool", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  std::chrono::duration<double> took = clock::now() - returned;
  MESSAGE("seconds from the database's return to the last webhook being listed: ", took.count());
  CHECK(took.count() < 60 * slowness);
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
}

void check_end(receiver& r) {
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
}

// A role that is no superuser, as the shop would give to Suivi.
std::string url_of_role(const cluster& db, const std::string& password) {
  db.script(R"(create role suivi login password 'example-password';
    grant create on database postgres to suivi; grant usage on schema public to suivi;
    grant all on all tables in schema public to suivi)");
  auto url = db.url();
  return url.replace(url.find("postgres@"), 9, "suivi:" + password + "@");
}

} // namespace

TEST_CASE("a database that takes connections and never answers is one that is away, and is migrated when "
          "there is one") {
  folder spool;
  mute_server mute;
  receiver r(mute.url, spool.path(), "4KiB");
  wait_until("readiness", [&] { return http_get(r.base + "/readyz").status == 200; });
  CHECK(is_down(r));
  int taken = 0;
  while (taken < 100 && r.push(taken + 1)) ++taken;
  CHECK(taken > 5);
  CHECK(taken == r.spooled);
  CHECK(taken < 100);
  auto full = ask("POST", r.base + "/webhooks/maystro/example-secret", "", "{}");
  CHECK(full.status == 503);
  CHECK(std::stoi("0" + full.header("Retry-After")) > 0);
  auto lines = [&](const std::string& text) { return count(r.process->log(), text); };
  wait_until("the line", [&] { return lines("can be neither stored nor spooled and are answered 503") > 0; });
  CHECK(lines("can be neither stored nor spooled and are answered 503") == 1);
  CHECK(lines("are kept in the spool; logged once a minute") == 1);
  auto operated = ask("GET", r.base + "/api/v1/coverage", "example-admin");
  CHECK(operated.status == 503);
  CHECK(is_error(operated));
  CHECK(std::stoi("0" + operated.header("Retry-After")) > 0);
  check_end(r);

  cluster db; // without the schema `suivi`
  r.environment["DATABASE_URL"] = db.url();
  auto returned = clock::now();
  r.start();
  check_recovery(db, r, returned);
  push_in_time(r, taken + 1, taken + 2);
  CHECK(db.value("select count(*) from suivi.schema_version") != "0");
}

TEST_CASE("a database that stands still loses nothing, delays nobody for long, and does not keep the "
          "receiver from ending") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path());
  push_in_time(r, 1, 11);
  db.freeze();
  push_in_time(r, 11, 41);
  wait_until("its absence to be noticed", [&] { return is_down(r); });
  push_in_time(r, 41, 61);
  CHECK(r.spooled >= 20);
  CHECK(ask("GET", r.base + "/api/v1/webhooks/events", "example-admin").status == 503);
  check_end(r);
  r.start();
  push_in_time(r, 61, 71);
  db.thaw();
  check_recovery(db, r, clock::now());
  CHECK(ask("GET", r.base + "/api/v1/webhooks/events", "example-admin").status == 200);

  // It stands still while webhooks are on their way to it, and the receiver is to end.
  db.freeze();
  std::thread courier([&] { push_in_time(r, 71, 72); });
  wait_until("a webhook on its way", [&] { return r.metric("suivi_http_connections") > 1; });
  check_end(r);
  courier.join();
  db.thaw();
  r.start();
  check_recovery(db, r, clock::now());
}

TEST_CASE("a database that is slow to store sends webhooks to the spool and takes them later") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path());
  push_in_time(r, 1, 6);
  // Ends by itself, so that nobody has to wait for those that were given up.
  db.script(R"(create table lingering (); insert into lingering default values;
    grant select on lingering to public;
    create function linger() returns trigger language plpgsql as $$
    begin
      while exists (select from public.lingering) loop perform pg_sleep(0.05); end loop;
      return new;
    end $$;
    create trigger linger before insert on suivi.inbox for each row execute function linger())");
  std::vector<std::thread> couriers;
  std::atomic<int> spooled = 0;
  for (int n = 6; n < 30; ++n)
    couriers.emplace_back([&, n] {
      auto begun = clock::now();
      auto said = ask("POST", r.base + "/webhooks/maystro/example-secret?account=example-a", "",
                      R"({"event":"x","payload":{"id":"u)" + std::to_string(n) +
                          R"(","status":31,"external_order_id":"R)" + std::to_string(n) + "\"}}");
      if (said.status == 202 && clock::now() - begun < courier_patience) ++spooled;
    });
  for (auto& one : couriers) one.join();
  CHECK(spooled == 24);
  for (int n = 6; n < 30; ++n) r.acknowledged.insert(n);
  db.script("delete from lingering");
  check_recovery(db, r, clock::now());
}

TEST_CASE(
    "sessions that the server ends and a server that takes no writes any more mean another connection") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path());
  std::atomic<bool> pushing = true;
  std::thread courier([&] {
    push_in_time(r, 1, 400);
    pushing = false;
  });
  while (pushing) {
    db.end_sessions();
    std::this_thread::sleep_for(std::chrono::milliseconds(50)); // between two blows
  }
  courier.join();
  CHECK(r.acknowledged.size() == 399);
  check_recovery(db, r, clock::now());

  db.script("alter system set default_transaction_read_only = on");
  db.script("select pg_reload_conf()");
  push_in_time(r, 400, 420);
  wait_until("the demotion to be noticed", [&] { return is_down(r); });
  push_in_time(r, 420, 430);
  db.script("alter system reset default_transaction_read_only");
  db.script("select pg_reload_conf()");
  check_recovery(db, r, clock::now());
  CHECK(r.acknowledged.size() == 429);
}

TEST_CASE("a database with too many connections is one that is away until there is room") {
  cluster db;
  folder spool;
  receiver r(url_of_role(db, "example-password"), spool.path());
  wait_until("the database", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  push_in_time(r, 1, 6);
  db.script("alter role suivi connection limit 0");
  db.end_sessions();
  wait_until("absence", [&] { return is_down(r); });
  push_in_time(r, 6, 20);
  CHECK(r.spooled > 0);
  wait_until("plain words", [&] { return count(r.process->log(), "too many connections for role") > 0; });
  wait_until("many attempts", [&] { return count(db.server_log(), "too many connections for role") > 5; });
  CHECK(count(r.process->log(), "too many connections for role") == 1);
  db.script("alter role suivi connection limit -1");
  check_recovery(db, r, clock::now());
}

TEST_CASE("a wrong password is said once in plain words and tried again until it is right") {
  cluster db;
  folder spool;
  auto url = url_of_role(db, "example-other");
  db.admit("host all suivi 127.0.0.1/32 scram-sha-256");
  receiver r(url, spool.path());
  push_in_time(r, 1, 11);
  CHECK(r.spooled == 10);
  wait_until("many attempts", [&] {
    return count(db.server_log(), "password authentication failed for user \"suivi\"") >= 6;
  });
  CHECK(count(r.process->log(), "password authentication failed for user") == 1);
  CHECK(count(r.process->log(), "example-other") == 0);
  db.script("alter role suivi password 'example-other'");
  check_recovery(db, r, clock::now());

  // It is changed under the running receiver: another reason, said anew.
  db.script("alter role suivi password 'example-third'");
  db.end_sessions();
  wait_until("absence", [&] { return is_down(r); });
  push_in_time(r, 11, 16);
  wait_until("plain words",
             [&] { return count(r.process->log(), "password authentication failed for user") == 2; });
  db.script("alter role suivi password 'example-other'");
  check_recovery(db, r, clock::now());
}
