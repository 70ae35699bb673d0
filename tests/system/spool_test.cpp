// The database goes, processes are killed, the database comes back: every webhook that was answered with 2xx
// is in the events once and applied.
#include "tests/programs/unsteady_database.hpp"

#include <thread>

using namespace suivi::test;

TEST_CASE(
    "the database crashes and the receiver is killed twice and nothing acknowledged is lost or doubled") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path() + "/made");
  wait_until("the database", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  r.push_all(1, 11);
  CHECK(r.acknowledged.size() == 10);
  CHECK(r.spooled == 0);

  // The crash comes between them, wherever that is.
  std::thread courier([&] { r.push_all(11, 61); });
  wait_until("some more events", [&] { return db.value("select count(*) > 15 from suivi.inbox") == "t"; });
  db.halt();
  courier.join();
  CHECK(r.acknowledged.size() == 60);
  r.push_all(61, 81);
  CHECK(r.acknowledged.size() == 80);
  CHECK(r.spooled >= 20);
  auto kept = std::to_string(r.spooled);
  CHECK(r.readiness() == R"({"database":"down","spooled":)" + kept + "}");
  CHECK(r.metric("suivi_spool_events") == r.spooled);
  CHECK(r.metric("suivi_spool_oldest_seconds") > 0);
  CHECK(r.metric("suivi_events_pending") >= r.spooled);

  std::thread doomed([&] { r.push_all(81, 200); });
  wait_until("some in the spool", [&] { return r.metric("suivi_spool_events") > r.spooled - 1; });
  r.kill();
  doomed.join();
  r.start();
  CHECK(http_get(r.base + "/readyz").status == 200);
  r.push_all(200, 220);

  db.resume();
  wait_until("an empty spool", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
}

TEST_CASE("killed in the middle of the drain the receiver drains the rest at its next start") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path());
  wait_until("the database", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  // The drain's second batch stays at its 550th webhook.
  db.script(R"(create function linger() returns trigger language plpgsql as $$
    begin if new.reference = 'R550' then perform pg_sleep(3600); end if; return new; end $$;
    create trigger linger before insert on suivi.inbox for each row execute function linger())");
  db.halt();
  wait_until("absence", [&] { return r.readiness().starts_with(R"({"database":"down")"); });
  r.push_all(1, 701);
  CHECK(r.spooled == 700);
  db.resume();
  wait_until("the second batch under way", [&] {
    return db.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "1";
  });
  CHECK(db.value("select count(*) from suivi.inbox") == "500");
  r.kill();
  // The server knows nothing of the kill and would go on.
  db.script("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like "
            "'suivi-receiver%'");
  db.script("drop trigger linger on suivi.inbox");
  r.start();
  wait_until("an empty spool", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
}

TEST_CASE("a spool that is full means 503 with the database away and room again afterwards") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path());
  r.environment["SUIVI_RECEIVER_SPOOL_MAX"] = "4KiB";
  r.kill();
  db.halt();
  r.start();
  int taken = 0;
  while (taken < orders_of_cluster && r.push(taken + 1)) ++taken;
  CHECK(taken > 5);
  CHECK(taken < 100);
  CHECK(http_get(r.base + "/readyz").status == 503);
  db.resume();
  wait_until("an empty spool", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  CHECK(r.push(taken + 1));
  wait_until("no event pending", [&] { return r.metric("suivi_events_pending") == 0; });
  check_everything_acknowledged_is_there_once(db, r);
}
