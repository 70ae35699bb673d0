// A database that answers and yet takes no webhooks: COMMITs that hang, connections that are refused, a table
// that is locked, a server that is lost while another takes its place. Nobody waits for it twice, it is told,
// and all is well afterwards.
#include "tests/programs/gated_receiver.hpp"
#include "tests/programs/unsteady_database.hpp"

#include <atomic>
#include <thread>

using namespace suivi::test;

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds courier_patience{10 * slowness};
constexpr const char* all_well = R"({"database":"up","spooled":0})";

std::size_t count(const std::string& in, const std::string& text) {
  std::size_t n = 0;
  for (auto at = in.find(text); at != std::string::npos; at = in.find(text, at + text.size())) ++n;
  return n;
}

// Each is kept within the courier's patience.
void push_in_time(receiver& r, int from, int to) {
  for (int n = from; n < to; ++n) {
    CAPTURE(n);
    auto begun = clock::now();
    CHECK(r.push(n));
    CHECK(clock::now() - begun < courier_patience);
  }
}

// Once it is known that the database does not take them, nobody waits for it any more.
void check_at_once(receiver& r, int from, int to) {
  auto begun = clock::now();
  push_in_time(r, from, to);
  CHECK(clock::now() - begun < seconds(3 * slowness)); // of all of them
}

void check_recovery(const cluster& db, const receiver& r) {
  wait_until("an empty spool", [&] { return r.readiness() == all_well; });
  wait_until("database_up", [&] { return r.metric("suivi_database_up") == 1; });
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
}

std::string url_of_role(const cluster& db) {
  db.script(R"(create role suivi login; grant create on database postgres to suivi;
    grant usage on schema public to suivi; grant all on all tables in schema public to suivi)");
  auto url = db.url();
  return url.replace(url.find("postgres@"), 9, "suivi@");
}

} // namespace

TEST_CASE(
    "COMMITs that hang for want of a synchronous standby are told, and webhooks go to the spool until it is "
    "back") {
  cluster db;
  folder spool;
  receiver r(url_of_role(db), spool.path());
  wait_until("the database", [&] { return r.readiness() == all_well; });
  push_in_time(r, 1, 4);
  CHECK(r.metric("suivi_database_up") == 1);
  db.script("alter system set synchronous_standby_names = 'nobody'");
  db.script("select pg_reload_conf()");
  push_in_time(r, 4, 5);
  wait_until("database_up 0", [&] { return r.metric("suivi_database_up") == 0; });
  wait_until("a line",
             [&] { return count(r.process->log(), "the database answers, but commits nothing") == 1; });
  check_at_once(r, 5, 15);
  CHECK(count(r.process->log(), "synchronous standby") == 1);
  r.process->signal(SIGTERM); // a COMMIT that hangs keeps nobody from stopping
  CHECK(r.process->wait(seconds(10)) == 0);
  r.start();
  push_in_time(r, 15, 17);
  db.script("alter system reset synchronous_standby_names");
  db.script("select pg_reload_conf()");
  check_recovery(db, r);
  CHECK(r.acknowledged.size() == 16);
  push_in_time(r, 17, 18);
  CHECK(db.value("select count(*) from suivi.inbox") == "17");
}

TEST_CASE(
    "connections that are refused while the watch lives send webhooks to the spool at once, until there is "
    "room") {
  cluster db;
  folder spool;
  receiver r(url_of_role(db), spool.path());
  wait_until("the database", [&] { return r.readiness() == all_well; });
  push_in_time(r, 1, 4);
  db.script("alter role suivi connection limit 1");
  db.script(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'suivi-receiver'");
  push_in_time(r, 4, 5);
  wait_until("database_up 0", [&] { return r.metric("suivi_database_up") == 0; });
  check_at_once(r, 5, 15);
  CHECK(count(r.process->log(), "but takes no webhooks: they go") == 1);
  CHECK(r.spooled >= 10);
  CHECK(r.readiness().starts_with(R"({"database":"behind")"));
  db.script("alter role suivi connection limit -1");
  check_recovery(db, r);
  CHECK(count(r.process->log(), "the database takes webhooks again") == 1);
}

TEST_CASE(
    "a table of stored events that somebody locks sends webhooks to the spool at once, until it is free") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path());
  wait_until("the database", [&] { return r.readiness() == all_well; });
  push_in_time(r, 1, 4);
  // Ends with the server's limit of a statement at the latest.
  std::jthread locker([&] {
    (void)db.value(
        "do $$ begin lock table suivi.inbox in access exclusive mode; perform pg_sleep(60); end $$");
  });
  wait_until("the lock", [&] {
    return db.value("select count(*) from pg_locks where relation = 'suivi.inbox'::regclass and mode = "
                    "'AccessExclusiveLock' and granted") == "1";
  });
  push_in_time(r, 4, 5);
  wait_until("database_up 0", [&] { return r.metric("suivi_database_up") == 0; });
  check_at_once(r, 5, 15);
  CHECK(count(r.process->log(), "but takes no webhooks: they go") == 1);
  (void)db.value(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%perform pg_sleep(60)%' "
      "and pid <> "
      "pg_backend_pid()");
  locker.join();
  check_recovery(db, r);
}

TEST_CASE("with one connection an order that is slow to write keeps no webhook waiting") {
  gated_receiver r({{"SUIVI_DATABASE_POOL", "1"}});
  r.push_some(1);
  r.db.execute(R"(create function linger() returns trigger language plpgsql as $$
      begin perform pg_sleep(3); return new; end $$;
    create trigger linger before update on orders for each row when (new."reference" = 'R2')
      execute function linger())");
  CHECK(r.push_next().status == 200); // waits for its own order at most
  std::atomic<int> late = 0;
  {
    std::vector<std::jthread> couriers;
    for (int n = 3; n < 16; ++n)
      couriers.emplace_back([&, n] {
        auto begun = clock::now();
        http_post(r.base + "/webhooks/maystro/example-secret?account=example-a", gated_receiver::body(n));
        if (clock::now() - begun > seconds(1)) ++late;
      });
  }
  CHECK(late <= 6 * slowness);
  r.last = 16;
  r.db.execute("drop trigger linger on orders");
  r.recovers();
}

TEST_CASE("when the server is lost and another one is there, no connection to the lost one is held on to") {
  gated_receiver r;
  r.push_some(2);
  std::atomic<bool> pushing = true;
  std::vector<std::jthread> couriers; // so that calls are under way when it happens
  for (int n = 0; n < 4; ++n)
    couriers.emplace_back([&, n] {
      for (int i = 0; pushing && i < 90; ++i)
        http_post(r.base + "/webhooks/maystro/example-secret?account=example-a",
                  gated_receiver::body(100 + n * 100 + i));
    });
  r.to_database.strand();
  auto lost = clock::now();
  wait_until("a webhook stored in the database",
             [&] { return r.push_next().body.ends_with(R"("outcome":"stored"})"); });
  CHECK(clock::now() - lost < seconds(12 * slowness)); // the watch's patience, and connecting anew
  pushing = false;
  for (auto& each : couriers) each.join();
  r.recovers();
}
