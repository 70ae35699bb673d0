// A schema that is newer than the program, one that came out of a backup, and one that was lost.
#include "tests/programs/operations_client.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/folder.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <set>

using namespace suivi::test;

namespace {

// As a later release would have left it, whose last script suits programs that know `compatible_from`.
void upgrade_schema(const database& db, const std::string& compatible_from) {
  db.execute(
      "insert into suivi.schema_version (version, name, compatible_from) values (9001, '9001_later.sql', " +
      compatible_from + ")");
}

std::string last_version(const database& db) {
  return db.value("select max(version) from suivi.schema_version where version < 9000");
}

std::string shipping_status(const operations_client& s, const std::string& order) {
  return s.db.value("select \"shippingStatus\" from orders where \"reference\" = '" + order + "'");
}

void run_shell(const std::string& command) {
  CAPTURE(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

} // namespace

TEST_CASE("a program works on a newer schema that suits it, after a restart too") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  upgrade_schema(s.db, last_version(s.db));
  s.restart_with("SUIVI_LOG_LEVEL", "info");
  s.await(s.push("R1", 31), "applied");
  CHECK(s.db.number("select count(*) from suivi.inbox") == 1);
  finished swept = run_program("suivi-reconciler", {"sweep"}, s.environment);
  CAPTURE(swept.log);
  CHECK(swept.status == 0);
  CHECK(run_program("suivi-reconciler", {"migrate", "--check"}, s.environment).status == 0);
  finished doctor = run_program("suivi-reconciler", {"doctor"}, s.environment);
  CHECK(doctor.output.find("the schema `suivi` is version 9001, newer than this program's") !=
        std::string::npos);
}

TEST_CASE("a program says that a schema is too new for it, keeps webhooks, and goes on once it suits") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  upgrade_schema(s.db, "9001");
  s.receiver->signal(SIGTERM);
  REQUIRE(s.receiver->wait() == 0);
  s.receiver.emplace("suivi-receiver", std::vector<std::string>(), s.environment);
  s.base = "http://127.0.0.1:" + std::to_string(s.receiver->number_from_log("port"));
  wait_until("the receiver's word", [&] {
    return s.receiver->log().find("suits programs that know version 9001") != std::string::npos;
  });
  auto kept = s.push_raw(R"({"event":"x","payload":{"id":"u-1","status":31,"external_order_id":"R1"}})");
  CHECK(kept.at("outcome") == "spooled");
  for (const char* command : {"sweep", "migrate"}) {
    finished refused = run_program("suivi-reconciler", {command}, s.environment);
    CAPTURE(refused.log);
    CHECK(refused.status == 1);
    CHECK(refused.log.find("suits programs that know version 9001 or later") != std::string::npos);
  }
  s.db.execute("delete from suivi.schema_version where version = 9001");
  wait_until("the webhook in its order", [&] { return shipping_status(s, "R1") == "EXPÉDIÉ"; });
}

TEST_CASE("after a restore no event or sweep number is used a second time and known webhooks stay known") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  folder backups;
  std::string file = backups.path() + "/suivi.dump";
  std::string known = s.push("R1", 31);
  s.await(known, "applied");
  run_shell("pg_dump -n suivi -Fc -f '" + file + "' '" + s.db.owner_url() + "'");
  std::set<std::string> event_ids{known};
  for (int n = 2; n <= 6; ++n) event_ids.insert(s.push("R" + std::to_string(n), 31));
  CHECK(run_program("suivi-reconciler", {"sweep"}, s.environment).status == 0);
  std::int64_t sweeps = s.db.number("select max(id) from suivi.sweep");
  s.receiver->signal(SIGTERM);
  REQUIRE(s.receiver->wait() == 0);

  s.db.execute("drop schema suivi cascade");
  run_shell("pg_restore -d '" + s.db.owner_url() + "' '" + file + "'");
  s.start();
  CHECK(s.push("R1", 31) == known); // the same webhook: a duplicate
  for (int n = 2; n <= 6; ++n) {
    std::string event = s.push("R" + std::to_string(n), 31);
    CHECK(event_ids.insert(event).second);
  }
  s.restart_with("SUIVI_LOG_LEVEL", "debug"); // once is enough
  std::int64_t last = s.db.number("select last_value from suivi.event_id");
  s.restart_with("SUIVI_LOG_LEVEL", "info");
  CHECK(s.db.number("select last_value from suivi.event_id") == last);
  finished swept = run_program("suivi-reconciler", {"sweep"}, s.environment);
  CAPTURE(swept.log);
  CHECK(swept.status == 0);
  CHECK(s.db.number("select min(id) from suivi.sweep") > sweeps);
}

TEST_CASE("with the schema lost no webhook takes an order back, and one sweep makes all right") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  CHECK(run_program("suivi-reconciler", {"sweep"}, s.environment).status == 0);
  // One of the courier's own orders is delivered there, and the shop shows it.
  std::string order =
      s.db.value("select \"reference\" from orders where \"trackingNumber\" is not null limit 1");
  std::string uuid =
      s.db.value("select \"maystroOrderId\" from orders where \"reference\" = '" + order + "'");
  s.db.execute("update orders set \"shippingStatus\" = 'LIVRÉ' where \"reference\" = '" + order + "'");
  s.receiver->signal(SIGTERM);
  REQUIRE(s.receiver->wait() == 0);
  s.db.execute("drop schema suivi cascade");
  s.courier_set(R"({"refused_tokens":["example-key-1"]})"); // nobody can be asked
  s.start();
  auto said = s.push_raw(a_webhook(uuid, 31, order, "2026-01-05T10:00:00Z"));
  std::string event(said.at("id").as_string());
  s.await(event, "confirming");
  CHECK(shipping_status(s, order) == "LIVRÉ");
  s.courier_set(R"({"refused_tokens":[]})");
  finished swept = run_program("suivi-reconciler", {"sweep"}, s.environment);
  CAPTURE(swept.log);
  CHECK(swept.status == 0);
  finished verified = run_program("suivi-reconciler", {"verify"}, s.environment);
  CAPTURE(verified.output);
  CHECK(verified.status == 0);
  wait_until("the old webhook's end",
             [&] { return s.outcome(event) == "stale" || s.outcome(event) == "unchanged"; });
}

TEST_CASE("eight that migrate at once do the work once and leave no lock") {
  database db(holding::shop);
  std::map<std::string, std::string> environment{{"DATABASE_URL", db.url()}};
  std::vector<std::unique_ptr<program>> all;
  for (int n = 0; n < 8; ++n)
    all.push_back(
        std::make_unique<program>("suivi-reconciler", std::vector<std::string>{"migrate"}, environment));
  for (auto& one : all) {
    int status = one->wait();
    CAPTURE(one->log());
    CHECK(status == 0);
  }
  CHECK(db.number("select count(*) from suivi.schema_version") ==
        db.number("select max(version) from suivi.schema_version"));
  CHECK(db.number("select count(*) from pg_locks l join pg_database d on d.oid = l.database"
                  " where l.locktype = 'advisory' and d.datname = current_database()") == 0);
}
