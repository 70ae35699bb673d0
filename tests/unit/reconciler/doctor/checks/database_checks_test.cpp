// The database itself: session, clock, schema, tables, rights.
#include "reconciler/doctor/checks/database_checks.hpp"

#include "tests/unit/reconciler/doctor/checks/healthy_shop.hpp"

using namespace suivi;
using namespace suivi::reconciler;
using namespace suivi::test;

TEST_CASE("a database that takes no writes fails, be it by its own setting or as a standby") {
  doctor_facts f = healthy();
  f.session->read_only = true;
  CHECK(result_of(f, "writable") == "FAIL");
  CHECK(contains(of(f, "writable").remedy, "ALTER SYSTEM RESET default_transaction_read_only"));
  f.session->read_only_by = R"(ROLE "suivi")";
  CHECK(contains(of(f, "writable").remedy, R"(ALTER ROLE "suivi" RESET default_transaction_read_only)"));
  f.session->standby = true;
  CHECK(contains(of(f, "writable").remedy, "primary"));
}

TEST_CASE("durability fails where our own sessions lose commits, and warns where only the shop's do") {
  doctor_facts f = healthy();
  f.session->asynchronous_by_default = true;
  CHECK(result_of(f, "durability") == "WARN");
  f.session->synchronous_commit = "off";
  CHECK(result_of(f, "durability") == "FAIL");
  f.session->synchronous_commit = "remote_apply";
  f.session->asynchronous_by_default = false;
  CHECK(result_of(f, "durability") == "PASS");
}

TEST_CASE("a clock warns as soon as a quarter of a second is beyond doubt, and fails from five minutes") {
  doctor_facts f = healthy();
  f.database_clock = clock_interval{-300ms, -249ms};
  CHECK(result_of(f, "clock_skew") == "PASS");
  f.database_clock = clock_interval{-502ms, -498ms};
  CHECK(result_of(f, "clock_skew") == "WARN");
  CHECK(of(f, "clock_skew").detail == "PostgreSQL's clock is at least 498ms behind ours");
  f.database_clock = clock_interval{300ms, 302ms};
  CHECK(of(f, "clock_skew").detail == "PostgreSQL's clock is at least 300ms ahead of ours");
  f.database_clock = clock_interval{5min, 6min};
  CHECK(result_of(f, "clock_skew") == "FAIL");
}

TEST_CASE("a slow answer is no skew") {
  doctor_facts f = healthy();
  f.database_clock = clock_interval{-1900ms, 1900ms};
  CHECK(result_of(f, "clock_skew") == "PASS");
}

TEST_CASE("a schema that is behind fails") {
  doctor_facts f = healthy();
  f.scripts_missing = 2;
  CHECK(result_of(f, "schema") == "FAIL");
  CHECK(of(f, "schema").remedy == "Run `suivi-reconciler migrate`.");
}

TEST_CASE("the schema that is meant is named, and another one that holds the table is told") {
  doctor_facts f = healthy();
  CHECK(contains(of(f, "orders table").detail, "`public.orders`"));
  f.tables->orders = false;
  f.tables->used_schema.reset();
  CHECK(contains(of(f, "orders table").detail, "there is no table `orders` in the schema `public`"));
  f.tables->elsewhere = {"shop"};
  CHECK(contains(of(f, "orders table").remedy, "`?schema=shop`"));
  CHECK_FALSE(judged(f, "column types"));
  f.tables->schema_there = false;
  CHECK(contains(of(f, "orders table").detail, "there is no schema `public`"));
}

TEST_CASE("a session that finds another schema's orders fails") {
  doctor_facts f = healthy();
  f.tables->used_schema = "old";
  CHECK(result_of(f, "orders table") == "FAIL");
  CHECK(contains(of(f, "orders table").detail, "finds `orders` in `old`"));
  f.tables->used_schema.reset();
  CHECK(result_of(f, "orders table") == "FAIL");
  f.rights->missing = {{right_of::schema, "public", "", "", "USAGE", false}};
  CHECK(result_of(f, "orders table") == "PASS"); // told by the check of rights
  CHECK(result_of(f, "rights") == "FAIL");
}

TEST_CASE("a missing column fails and is named") {
  doctor_facts f = healthy();
  f.tables->missing = {{"orders", "abortReason", "", "text"}};
  CHECK(of(f, "orders table").detail == "columns are missing: orders.\"abortReason\"");
  CHECK(result_of(f, "orders table") == "FAIL");
}

TEST_CASE("a column of another type fails, a narrow or NOT NULL one warns") {
  doctor_facts f = healthy();
  f.tables->not_null = {{"orders", "alertReason", "text", "text"}};
  CHECK(result_of(f, "column types") == "WARN");
  f.tables->narrow = {{"orders", "trackingNumber", "character varying(10)", "text or varchar"}};
  CHECK(contains(of(f, "column types").detail, "character varying(10)"));
  f.tables->unfit = {{"orders", "additionalMetaData", "json", "jsonb"}};
  CHECK(result_of(f, "column types") == "FAIL");
  CHECK(of(f, "column types").detail ==
        "columns are of a type that does not fit: orders.\"additionalMetaData\" is json, needed is jsonb");
}

TEST_CASE("each missing right is a line that can be pasted") {
  doctor_facts f = healthy();
  f.rights->role = "my \"role\"";
  f.rights->missing = {{right_of::column, "public", "orders", "reference", "SELECT", false},
                       {right_of::column, "public", "orders", "id", "SELECT", false},
                       {right_of::column, "public", "orders", "status", "UPDATE", false},
                       {right_of::schema, "public", "", "", "USAGE", false},
                       {right_of::database, "", "shop", "", "CREATE", false},
                       {right_of::table, "suivi", "inbox", "", "INSERT", false},
                       {right_of::sequence, "suivi", "event_id", "", "USAGE", false},
                       {right_of::function, "suivi", "drop_day(text, date)", "", "EXECUTE", false}};
  CHECK(result_of(f, "rights") == "FAIL");
  CHECK(grant_lines(f.rights->missing, f.rights->role) ==
        std::vector<std::string>{
            R"(GRANT SELECT ("reference", "id") ON "public"."orders" TO "my ""role""";)",
            R"(GRANT UPDATE ("status") ON "public"."orders" TO "my ""role""";)",
            R"(GRANT USAGE ON SCHEMA "public" TO "my ""role""";)",
            R"(GRANT CREATE ON DATABASE "shop" TO "my ""role""";)",
            R"(GRANT INSERT ON "suivi"."inbox" TO "my ""role""";)",
            R"(GRANT USAGE ON SEQUENCE "suivi"."event_id" TO "my ""role""";)",
            R"(GRANT EXECUTE ON FUNCTION "suivi".drop_day(text, date) TO "my ""role""";)"});
}

TEST_CASE("a right that one command needs, and tables of another owner, only warn") {
  doctor_facts f = healthy();
  f.rights->missing = {{right_of::table, "public", "webhook_events", "", "SELECT", true}};
  CHECK(result_of(f, "rights") == "WARN");
  CHECK(of(f, "rights").remedy == R"(GRANT SELECT ON "public"."webhook_events" TO "suivi";)");
  f.rights->not_owned = {"TABLE suivi.inbox", "FUNCTION suivi.drop_day(parent text, stored_on date)"};
  CHECK(of(f, "rights").remedy ==
        R"(ALTER TABLE suivi.inbox OWNER TO "suivi"; )"
        R"(ALTER FUNCTION suivi.drop_day(parent text, stored_on date) OWNER TO "suivi";)");
}

TEST_CASE("partitions that are missing or came too late warn") {
  doctor_facts f = healthy();
  f.partitions->missing = {"inbox_20260302"};
  CHECK(contains(of(f, "partitions").detail, "inbox_20260302"));
  CHECK(result_of(f, "partitions") == "WARN");
  f.partitions = partition_facts{{}, {"change_default"}};
  CHECK(result_of(f, "partitions") == "WARN");
}
