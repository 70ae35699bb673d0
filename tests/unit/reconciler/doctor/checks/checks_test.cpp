// Facts in, the whole list out.
#include "tests/unit/reconciler/doctor/checks/healthy_shop.hpp"

#include <boost/json/serialize.hpp>

using namespace suivi;
using namespace suivi::reconciler;
using namespace suivi::test;

TEST_CASE("where all is well every check passes and no remedy is given") {
  for (const check& c : examine(healthy())) {
    CAPTURE(c.name);
    CAPTURE(c.detail);
    CHECK(c.result == check_result::pass);
    CHECK(c.remedy.empty());
  }
  CHECK_FALSE(any_failed(examine(healthy())));
}

TEST_CASE("without a database nothing else is said") {
  doctor_facts f;
  f.database = transient("pg:refused", "no");
  auto checks = examine(f);
  CHECK(checks.size() == 1);
  CHECK(any_failed(checks));
  CHECK(boost::json::serialize(to_json(checks))
            .find(R"({"checks":[{"name":"database_away","result":"FAIL","detail":)") == 0);
}

TEST_CASE("a right without which nothing can be looked at is named where the database or the schema fails") {
  doctor_facts f;
  f.database = transient("pg:refused", "connection failed: FATAL: permission denied for database \"shop\""
                                       " DETAIL: User does not have CONNECT privilege.");
  CHECK(contains(of(f, "database_away").remedy, "GRANT CONNECT ON DATABASE"));
  f.database = transient("pg:refused", "connection failed: Connection refused");
  CHECK(contains(of(f, "database_away").remedy, "CONNECTION LIMIT")); // the server's words say which
  CHECK(contains(of(f, "database_away").remedy, "Check database.url"));
  doctor_facts hidden = healthy();
  hidden.schema_error = permanent("sqlstate:42501", "permission denied for schema suivi");
  CHECK(contains(of(hidden, "schema").remedy, "the check `rights`"));
}

TEST_CASE("every result but PASS names what to do") {
  doctor_facts f = healthy();
  f.company->active.clear();
  f.public_url_set = false;
  f.unassigned = unassigned_facts{3, 0, 0, 0};
  f.workers->clear();
  f.at_reconciler_address = listener::nobody;
  f.receiver = receiver_facts{"down", 7, 95s, true, 900};
  f.database_clock = clock_interval{-10s, -9s};
  f.waiting = waiting_facts{5, 2, 1, 1};
  f.refused = refused_facts{1, 1};
  f.partitions->missing = {"inbox_20260302"};
  f.blanks->orders = 1;
  f.session->read_only = true;
  f.session->asynchronous_by_default = true;
  f.tables->narrow = {{"orders", "trackingNumber", "varchar(3)", "text"}};
  account_facts& a = f.accounts.front();
  a.key = transient("http:timeout", "late");
  a.courier_clock = clock_interval{10min, 11min};
  a.listed_of = {{"acc-2", 3}};
  a.sweeps->last_full->complete = false;
  a.sweeps->last_full->conflicts = 1;
  a.sweeps->complete_as_of.reset();
  a.tracking->untracked = 4;
  a.never_read = 2;
  a.open_parcels->oldest_pull = noon - 25h;
  a.parcels_gone = 2;
  a.webhooks = webhook_facts{std::nullopt, 3};
  std::vector<std::string> passed;
  for (const check& c : examine(f)) {
    CAPTURE(c.name);
    if (c.result == check_result::pass)
      passed.push_back(c.name);
    else
      CHECK(c.remedy.ends_with("."));
  }
  CHECK(passed == std::vector<std::string>{"database_away", "schema", "orders table", "row security",
                                           "rights", "accounts", "contested"});
}

TEST_CASE("a look that failed is a FAIL of its own, and what it would have shown is not judged") {
  doctor_facts f = healthy();
  f.accounts.front().tracking.reset();
  f.failed_reads.push_back({"untracked", std::nullopt, permanent("sqlstate:57014", "canceling statement")});
  CHECK(any_failed(examine(f)));
  CHECK(result_of(f, "untracked") == "FAIL");
  CHECK(contains(of(f, "untracked").detail, "could not be looked at"));
  CHECK(contains(of(f, "untracked").remedy, "pg_locks"));
  f.failed_reads.back().why = permanent("sqlstate:42501", "permission denied");
  CHECK(contains(of(f, "untracked").remedy, "`rights`"));
  f.failed_reads.back() = {"hooks_missing", "acc-1", transient("courier:server", "500")};
  f.accounts.front().hooks.reset();
  CHECK(of(f, "hooks_missing").account == "acc-1");
  CHECK(result_of(f, "hooks_missing") == "FAIL");
}

TEST_CASE("a check of which one look failed does not pass by the others") {
  doctor_facts f = healthy();
  f.failed_reads.push_back({"accounts", std::nullopt, permanent("sqlstate:55P03", "locked")});
  f.failed_reads.push_back({"hooks_missing", "acc-2", transient("http:timeout", "late")});
  int accounts = 0, hooks = 0;
  for (const check& c : examine(f)) {
    accounts += c.name == "accounts" ? 1 : 0;
    hooks += c.name == "hooks_missing" ? 1 : 0;
    if (c.name == "accounts") CHECK(c.result == check_result::fail);
  }
  CHECK(accounts == 1);
  CHECK(hooks == 2); // another account's
}

TEST_CASE("facts that nobody had are judged by nothing, and never by zero") {
  doctor_facts f;
  f.now = noon;
  f.accounts.emplace_back().id = "acc-1";
  for (const check& c : examine(f)) {
    CAPTURE(c.name);
    bool known = c.name == "database_away" || c.name == "accounts"; // it answered, and was asked for them
    CHECK((known || c.result != check_result::pass));
  }
}

TEST_CASE("the schedule's longest pause goes over midnight") {
  using std::chrono::minutes;
  CHECK_FALSE(longest_gap({}));
  CHECK(longest_gap({minutes(360)}) == minutes(1440));
  CHECK(longest_gap({minutes(0), minutes(360), minutes(720), minutes(1080)}) == minutes(360));
  CHECK(longest_gap({minutes(480), minutes(1200)}) == minutes(720));
}
