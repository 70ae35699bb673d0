// Replays whose sessions are lost at every step: nothing is lost with them, nothing is applied twice.
#include "tests/postgres/receiver/replay_stage.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* doubles = "select count(*) from (select from suivi.change group by order_id, field, "
                                "to_value having count(*) > 1) d";

// The server ends the session that does this, the first time that it is done; a sequence is not rolled back.
void lose_at(const test::database& db, const std::string& trigger) {
  db.execute(R"(
    create sequence losses;
    create function lose() returns trigger language plpgsql security definer as $$
      begin if nextval('losses') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$;
    create )" +
             trigger + " for each row execute function lose()");
}

} // namespace

TEST_CASE("a replay whose session is lost at any step goes on and applies every event once") {
  for (const char* trigger :
       {"trigger lose before insert or update on suivi.pending", "trigger lose before update on orders",
        "trigger lose before insert on suivi.change", "trigger lose before insert on suivi.event_outcome",
        "constraint trigger lose after update on orders deferrable initially deferred"}) {
    CAPTURE(trigger);
    replay_stage at;
    at.orders(1, 3);
    at.store({a_webhook(1, 31), a_webhook(2, 41), a_webhook(3, 31)});
    at.park();
    lose_at(at.db, trigger);
    CHECK(counts(at.replayed({})) == "selected 3 applied 3");
    CHECK(at.db.number("select last_value from losses") >
          1); // it was lost indeed, and what it did was done again
    CHECK(at.status_of("o2") == "LIVRÉ");
    CHECK(at.db.number("select count(*) from suivi.waiting_event") == 0);
    CHECK(at.db.number(doubles) == 0);
    CHECK(counts(at.replayed(of("all"))) == "selected 3 unchanged 3");
  }
}

TEST_CASE("lines of a file are applied once though the session was lost at their commit") {
  replay_stage at;
  at.orders(1, 2);
  lose_at(at.db, "constraint trigger lose after update on orders deferrable initially deferred");
  CHECK(counts(at.replayed({}, false, lines(a_webhook(1, 31) + "\n" + a_webhook(2, 31) + "\n"))) ==
        "selected 2 applied 2");
  CHECK(at.db.number("select last_value from losses") > 1);
  CHECK(at.db.number(doubles) == 0);
  CHECK(at.status_of("o1") == "EXPÉDIÉ");
}
