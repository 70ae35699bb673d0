// Facts in, verdicts and remedies out.
#include "reconciler/doctor/checks.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using namespace std::chrono_literals;

namespace {

const instant noon = *parse_instant("2026-03-01T12:00:00Z");

// A shop where all is well.
doctor_facts healthy() {
  doctor_facts f;
  f.now = noon;
  f.scripts_missing = 0;
  f.orders_table = f.account_tables = f.company = f.company_active = true;
  f.public_url_set = f.public_url_https = true;
  f.events.emplace();
  f.database_ahead = 3ms;
  f.receiver = receiver_facts{"up", 0, std::nullopt};
  f.partitions.emplace();
  f.receiver_address = "127.0.0.1:8080";
  f.reconciler_address = "127.0.0.1:8081";
  f.reconciler_answers = true;
  f.sweep_due = noon - 30min;
  account_facts a;
  a.id = "acc-1";
  a.courier_ahead = 0ms;
  a.hooks = hook_facts{std::nullopt, {"OrderDelivered"}, {}, false};
  a.heard_at = noon - 1min;
  a.last_full = sweep_facts{noon - 30min, true, false, ""};
  a.complete_as_of = noon - 30min;
  a.orders = 10;
  a.parcels_gone = 0;
  f.accounts.push_back(a);
  return f;
}

check of(const doctor_facts& f, const std::string& name) {
  for (const check& c : examine(f))
    if (c.name == name) return c;
  FAIL("there is no such check: " << name);
  return {};
}

std::string result_of(const doctor_facts& f, const std::string& name) {
  return std::string(to_string(of(f, name).result));
}

bool told(const doctor_facts& f, const std::string& name) {
  for (const check& c : examine(f))
    if (c.name == name) return true;
  return false;
}

} // namespace

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
            .find(R"({"checks":[{"name":"database","result":"FAIL","detail":)") == 0);
}

TEST_CASE("every result but PASS names what to do") {
  doctor_facts f = healthy();
  f.company = false;
  f.public_url_set = false;
  f.orders_without_account = 3;
  f.reconciler_answers = false;
  f.receiver = receiver_facts{"down", 7, 95s};
  f.database_ahead = -10s;
  f.events = event_facts{5, 2, 1, 1, 1, 1};
  f.partitions->missing = {"inbox_20260302"};
  account_facts& a = f.accounts.front();
  a.key = transient("http:timeout", "late");
  a.courier_ahead = 10min;
  a.last_full.reset();
  a.without_tracking = 4;
  a.parcels_gone = 2;
  a.missed = 3;
  a.heard_at.reset();
  int passed = 0;
  for (const check& c : examine(f)) {
    CAPTURE(c.name);
    if (c.result == check_result::pass)
      ++passed;
    else
      CHECK(c.remedy.ends_with("."));
  }
  CHECK(passed == 4); // database, schema, orders table, accounts
}

TEST_CASE("webhooks in the spool are told with their number and the age of the oldest") {
  doctor_facts f = healthy();
  f.receiver = receiver_facts{"down", 7, 95s};
  CHECK(of(f, "receiver").detail ==
        "its database is down and 7 webhook(s) are in the spool (receiver.spool), the oldest for 95s");
  f.receiver->oldest_spooled.reset();
  CHECK(of(f, "receiver").detail.ends_with("(receiver.spool)"));
}

TEST_CASE("a schema that is behind fails and what lies in it is not asked about") {
  doctor_facts f = healthy();
  f.scripts_missing = 2;
  CHECK(result_of(f, "schema") == "FAIL");
  CHECK(of(f, "schema").remedy == "Run `suivi-reconciler migrate`.");
  CHECK_FALSE(told(f, "last sweep"));
  CHECK(told(f, "key"));
}

TEST_CASE("a missing column fails and is named") {
  doctor_facts f = healthy();
  f.columns_missing = {{"orders", "abortReason"}};
  CHECK(of(f, "orders table").detail == "columns are missing: orders.\"abortReason\"");
  CHECK(result_of(f, "orders table") == "FAIL");
}

TEST_CASE("a missing company fails unless the environment has the accounts") {
  doctor_facts f = healthy();
  f.company_active = false;
  CHECK(result_of(f, "company") == "FAIL");
  f.accounts_from_environment = true;
  CHECK(result_of(f, "company") == "WARN");
}

TEST_CASE("a refused key and a courier that is away both fail and differ in the remedy") {
  doctor_facts f = healthy();
  f.accounts.front().key = permanent("maystro:unauthorized", "401");
  CHECK(result_of(f, "key") == "FAIL");
  CHECK(of(f, "key").account == "acc-1");
  CHECK(of(f, "key").remedy.find("new token") != std::string::npos);
  f.accounts.front().key = transient("http:refused", "no");
  CHECK(of(f, "key").remedy.find("maystro.base_url") != std::string::npos);
}

TEST_CASE("hooks that are missing warn and name the command") {
  doctor_facts f = healthy();
  f.accounts.front().hooks->missing = {"OrderDelivered"};
  CHECK(result_of(f, "hooks") == "WARN");
  CHECK(of(f, "hooks").remedy == "Run `suivi-reconciler hooks ensure --account acc-1`.");
  f.public_url_set = false;
  CHECK(of(f, "hooks").remedy.find("receiver.public_url") != std::string::npos);
}

TEST_CASE("an account is silent only if something changed meanwhile") {
  doctor_facts f = healthy();
  f.accounts.front().heard_at = noon - 48h;
  CHECK(result_of(f, "webhooks heard") == "PASS");
  f.accounts.front().missed = 1;
  CHECK(result_of(f, "webhooks heard") == "WARN");
  f.accounts.front().heard_at = noon - 1h;
  CHECK(result_of(f, "webhooks heard") == "PASS");
}

TEST_CASE("an incomplete sweep warns, and fails where none was complete since one was due") {
  doctor_facts f = healthy();
  account_facts& a = f.accounts.front();
  a.last_full->complete = false;
  a.last_full->reason = "1 page(s) could not be read: 2";
  CHECK(result_of(f, "last sweep") == "WARN");
  a.complete_as_of.reset();
  CHECK(result_of(f, "last sweep") == "FAIL");
  a.last_full->running = true;
  CHECK(result_of(f, "last sweep") == "PASS");
}

TEST_CASE("a sweep that was due hours ago and did not happen fails") {
  doctor_facts f = healthy();
  f.sweep_due = noon - 5h;
  f.accounts.front().complete_as_of = noon - 11h;
  CHECK(result_of(f, "last sweep") == "FAIL");
  f.sweep_due = noon - 1h;
  CHECK(result_of(f, "last sweep") == "PASS");
}

TEST_CASE("clocks warn from five seconds and fail from five minutes") {
  doctor_facts f = healthy();
  f.database_ahead = -4'999ms;
  CHECK(result_of(f, "database clock") == "PASS");
  f.database_ahead = -5s;
  CHECK(result_of(f, "database clock") == "WARN");
  f.accounts.front().courier_ahead = 5min;
  CHECK(result_of(f, "courier clock") == "FAIL");
}

TEST_CASE("webhooks that nobody applies fail, parked ones warn after a day") {
  doctor_facts f = healthy();
  f.events->overdue = 1;
  CHECK(result_of(f, "events waiting") == "FAIL");
  f.events->parked = 2;
  CHECK(result_of(f, "events parked") == "PASS");
  f.events->parked_long = 1;
  CHECK(result_of(f, "events parked") == "WARN");
}

TEST_CASE("a receiver that does not answer warns and says where it was looked for") {
  doctor_facts f = healthy();
  f.receiver.reset();
  CHECK(result_of(f, "receiver") == "WARN");
  CHECK(of(f, "receiver").detail.find("127.0.0.1:8080") != std::string::npos);
}

TEST_CASE("a worker is found by its address, by its sign of life or by its lease") {
  doctor_facts f = healthy();
  f.reconciler_answers = false;
  CHECK(result_of(f, "reconciler") == "WARN");
  f.workers_alive = {"elsewhere:7"};
  CHECK(result_of(f, "reconciler") == "PASS");
  CHECK(of(f, "reconciler").detail.find("elsewhere:7") != std::string::npos);
  f.workers_alive.clear();
  f.sweep_leased = true;
  CHECK(result_of(f, "reconciler") == "PASS");
}

TEST_CASE("a company under another slug is named") {
  doctor_facts f = healthy();
  f.company = false;
  f.companies_alike = {"Maystro-Delivery"};
  CHECK(result_of(f, "company") == "FAIL");
  CHECK(of(f, "company").detail.find("`Maystro-Delivery`") != std::string::npos);
}

TEST_CASE("partitions that are missing or came too late warn") {
  doctor_facts f = healthy();
  f.partitions->missing = {"inbox_20260302"};
  CHECK(of(f, "partitions").detail.find("inbox_20260302") != std::string::npos);
  CHECK(result_of(f, "partitions") == "WARN");
  f.partitions = partition_facts{{}, {"change_default"}};
  CHECK(result_of(f, "partitions") == "WARN");
}

TEST_CASE("no account at all, one without a key and one that is not active are told apart") {
  doctor_facts f = healthy();
  f.accounts.front().has_key = false;
  CHECK(result_of(f, "key") == "FAIL");
  CHECK(of(f, "key").remedy.find("`apiKey`") != std::string::npos);
  f.accounts.clear();
  f.inactive_accounts = 1;
  CHECK(result_of(f, "accounts") == "FAIL");
  CHECK(of(f, "accounts").detail.find("1 not active") != std::string::npos);
}
