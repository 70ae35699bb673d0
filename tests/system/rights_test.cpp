// The role that deploy/rights.sql makes, as the programs of all other tests use it; and what is found where
// one of its rights is missing: a true message, never a wrong outcome, and all is well once the right is
// there.
#include "tests/programs/operations_client.hpp"

#include <doctest/doctest.h>

using namespace suivi::test;

namespace {

struct examination {
  int status = 0;
  std::string rights, remedy; // of the check `rights`
};

examination doctor_of(const operations_client& s) {
  finished done = run_program("suivi-reconciler", {"doctor", "--json"}, s.environment);
  CAPTURE(done.log);
  examination found{done.status, "", ""};
  const json::value printed = json::parse(done.output);
  for (const json::value& each : printed.as_object().at("checks").as_array()) {
    const json::object& check = each.as_object();
    if (check.at("name") != "rights") continue;
    found.rights = check.at("result").as_string();
    found.remedy = check.at("remedy").as_string();
  }
  return found;
}

std::string status_of(const operations_client& s, const std::string& order) {
  return s.db.value("select coalesce(\"shippingStatus\", '') from orders where \"reference\" = '" + order +
                    "'");
}

// Everything of the database that is not Suivi's: the catalog, and the rows but for the columns that may be
// written.
std::string not_ours(const database& db) {
  return db.value(R"sql(
select md5(concat_ws('|',
  (select string_agg(concat_ws(' ', n.nspname, c.relname, c.relkind, c.relowner, c.relacl::text), ',' order by 1, c.oid)
   from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname not in ('suivi', 'pg_toast', 'pg_catalog', 'information_schema')),
  (select string_agg(concat_ws(' ', a.attrelid::regclass, a.attname, a.atttypid, a.attnotnull, a.attacl::text), ','
                     order by a.attrelid, a.attnum)
   from pg_attribute a join pg_class c on c.oid = a.attrelid
   where c.relnamespace = 'public'::regnamespace and a.attnum > 0),
  (select string_agg(concat_ws(' ', t.tgrelid::regclass, t.tgname), ',' order by t.oid) from pg_trigger t
   join pg_class c on c.oid = t.tgrelid where c.relnamespace is distinct from to_regnamespace('suivi')),
  (select string_agg(concat_ws(' ', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)), ',' order by k.oid)
   from pg_constraint k where k.connamespace = 'public'::regnamespace),
  (select string_agg(concat_ws(' ', f.proname, f.prosrc), ',' order by f.oid) from pg_proc f
   where f.pronamespace = 'public'::regnamespace),
  (select string_agg(nspname || coalesce(nspacl::text, ''), ',' order by nspname) from pg_namespace
   where nspname <> 'suivi' and nspname !~ '^pg_'),
  (select string_agg((to_jsonb(o) - array['trackingNumber', 'shippingStatus', 'maystroOrderId', 'alertedAt',
     'alertReason', 'abortReason', 'additionalMetaData', 'status', 'updatedAt'])::text, ',' order by o."id") from orders o),
  (select string_agg((to_jsonb(a) - array['requestCount', 'successCount', 'errorCount', 'lastUsed', 'lastTestAt',
     'lastTestStatus', 'lastTestError'])::text, ',' order by a."id") from shipping_accounts a),
  (select string_agg(to_jsonb(c)::text, ',' order by c."id") from shipping_companies c),
  (select string_agg(to_jsonb(c)::text, ',' order by c."id") from customers c),
  (select string_agg(to_jsonb(w)::text, ',' order by w."id") from webhook_events w)))
)sql");
}

// Takes `right` away; a receiver that starts then, a sweep and doctor; gives it back by the remedy.
void without(operations_client& s, const std::string& right, int number) {
  CAPTURE(right);
  s.db.execute("revoke " + right + " from suivi_least");
  examination found = doctor_of(s);
  CHECK(found.status == 1);
  CHECK(found.rights == "FAIL");
  CAPTURE(found.remedy);
  REQUIRE(found.remedy.starts_with("GRANT "));

  s.restart_with("SUIVI_LOG_LEVEL", "info");
  std::string order = "R" + std::to_string(number);
  std::string event = s.push(order, 31);
  finished swept = run_program("suivi-reconciler", {"sweep", "--full", "--json"}, s.environment);
  CAPTURE(swept.log);
  // It says so, or what is missing is a statistic.
  bool statistic = right.find("on shipping_accounts") != std::string::npos && right.starts_with("update");
  bool says_so = swept.log.find("permission denied") != std::string::npos ||
                 swept.log.find("may not use the schema") != std::string::npos ||
                 swept.output.find("permission denied") != std::string::npos;
  CHECK(says_so);
  CHECK((swept.status == 0) == statistic);
  // It may be applied at any moment, where nothing that it needs is missing.
  bool written = status_of(s, order) == "EXPÉDIÉ";
  if (written || statistic) s.await(event, "applied");
  std::string outcome = s.outcome(event);
  CAPTURE(outcome);
  CHECK((outcome == "applied" || outcome == "pending" || outcome == "failed"));
  if (outcome == "applied") CHECK(status_of(s, order) == "EXPÉDIÉ");

  s.db.execute(found.remedy);
  s.await(event, "applied");
  CHECK(status_of(s, order) == "EXPÉDIÉ");
  CHECK(doctor_of(s).rights == "PASS");
}

} // namespace

TEST_CASE(
    "migrate, webhooks, sweep, verify, doctor and the operations API change nothing but what they may") {
  operations_client s;
  s.stop(); // its transactions and the DROP could wait for each other
  s.db.execute(
      "drop schema suivi cascade; insert into webhook_events (\"id\", \"source\", \"eventType\", \"payload\")"
      " values ('w1', 'MAYSTRO', 'x', '{}')");
  std::string before = not_ours(s.db);
  REQUIRE(run_program("suivi-reconciler", {"migrate"}, s.environment).status == 0);
  s.start();
  s.await(s.push("R1", 31), "applied");
  s.await(s.push("R2", 41), "applied");
  for (const char* command : {"sweep", "verify", "doctor", "coverage", "status"}) {
    finished done = run_program("suivi-reconciler", {command}, s.environment);
    CAPTURE(command);
    CAPTURE(done.log);
    CAPTURE(done.output);
    CHECK(done.log.find("permission denied") == std::string::npos);
    CHECK(done.output.find("permission denied") == std::string::npos);
    CHECK((done.status == 0 || std::string(command) == "doctor" || std::string(command) == "verify"));
  }
  finished replayed = run_program("suivi-receiver", {"replay", "--legacy", "--json"}, s.environment);
  CAPTURE(replayed.log);
  CHECK(replayed.status == 0);
  for (const char* path : {"webhooks/events", "webhooks/stats", "orders", "orders?view=untracked",
                           "orders?view=unassigned", "orders?query=R1", "orders/R1", "coverage", "sweeps",
                           "accounts", "overview", "problems", "changes"}) {
    CAPTURE(path);
    reply got = s.operate_patiently("GET", path);
    CAPTURE(got.body);
    CHECK(got.status != 500);
  }
  CHECK(s.receiver->log().find("permission denied") == std::string::npos);
  CHECK(not_ours(s.db) == before);
}

TEST_CASE(
    "without a right on the shop's schema or accounts webhooks wait and all else says what is missing") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  int number = 1;
  for (const char* right : {"usage on schema public", "select on shipping_accounts",
                            "select on shipping_companies", "update (\"requestCount\") on shipping_accounts"})
    without(s, right, number++);
}

TEST_CASE("without a right to read a column of the orders webhooks wait and all else says what is missing") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  int number = 1;
  for (const char* column : {"reference", "shippingAccountId", "additionalMetaData"})
    without(s, "select (\"" + std::string(column) + "\") on orders", number++);
}

TEST_CASE("without a right to write a column of the orders webhooks wait and all else says what is missing") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  int number = 1;
  for (const char* column : {"trackingNumber", "status", "updatedAt"})
    without(s, "update (\"" + std::string(column) + "\") on orders", number++);
}

TEST_CASE("without a right on Suivi's own tables webhooks are kept and all else says what is missing") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  without(s, "select, update on suivi.parcel", 1);
}

TEST_CASE("a right on Suivi's own tables that keeps events from being applied is told by the receiver") {
  operations_client s("example-a:example-key-1:Main", 5, 10);
  int number = 1;
  for (const std::string right : {"delete on suivi.pending_range", "update on suivi.pending"}) {
    CAPTURE(right);
    s.db.execute("revoke " + right + " from suivi_least");
    std::string event = s.push("R" + std::to_string(number++), 31);
    std::string line = "permission denied for table " + right.substr(right.find('.') + 1);
    wait_until("a line of the log", [&] { return s.receiver->log().find(line) != std::string::npos; });
    s.db.execute("grant " + right + " to suivi_least");
    s.await(event, "applied");
  }
}
