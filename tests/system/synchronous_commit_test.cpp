// A database that replicates synchronously and has lost its standbys: what is not replicated is not
// acknowledged as stored. That nothing is lost in a failover (deploy/HA.md) rests on it.
#include "tests/programs/unsteady_database.hpp"

using namespace suivi::test;

namespace {

// Each alone, for ALTER SYSTEM takes no transaction.
void wait_for_standbys(const cluster& db, const std::string& names) {
  db.script("alter system set synchronous_standby_names = '" + names + "'");
  db.script("select pg_reload_conf()");
  wait_until("the setting", [&] { return db.value("show synchronous_standby_names") == names; });
}

} // namespace

TEST_CASE("a commit that waits for a standby is not acknowledged as stored, neither of a new webhook nor of "
          "a known one") {
  cluster db;
  folder spool;
  receiver r(db.url(), spool.path());
  wait_until("the database", [&] { return r.readiness().find("\"up\"") != std::string::npos; });
  r.push_all(1, 11);
  CHECK(r.acknowledged.size() == 10);
  int spooled_before = r.spooled;
  wait_until("nothing in the spool", [&] { return r.metric("suivi_spool_events") == 0; });

  wait_for_standbys(db, "nobody");
  r.push_all(11, 12);
  r.push_all(1, 2); // its key is there, and to say so is a commit too
  CHECK(r.acknowledged.size() == 11);
  CHECK(r.spooled == spooled_before + 2);
  CHECK(r.metric("suivi_spool_events") == 2);
  // A COMMIT that was given up stays at the server until the standby is back: no more than were under way.
  for (int n = 0; n < 40; ++n) r.push_all(100 + n, 101 + n);
  CHECK(std::stoi(db.value("select count(*) from pg_stat_activity where wait_event = 'SyncRep'")) <= 6);

  wait_for_standbys(db, "");
  wait_until("the spool in the database", [&] { return r.metric("suivi_spool_events") == 0; });
  wait_until("every order", [&] { return db.value("select count(*) from suivi.waiting_event") == "0"; });
  check_everything_acknowledged_is_there_once(db, r);
  r.push_all(12, 13);
  wait_until("the order of the last one",
             [&] { return db.value("select count(*) from suivi.waiting_event") == "0"; });
  check_everything_acknowledged_is_there_once(db, r);
}
