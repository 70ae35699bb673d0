// What `doctor` sees of a database that is broken, and that it passes one that is sound.
#include "tests/postgres/reconciler/doctor_stage.hpp"

using namespace suivi;
using namespace suivi::reconciler;
using suivi::test::check_of;
using suivi::test::looked_at;
using suivi::test::result_of;
using suivi::test::stage;

namespace {

const std::vector<std::string> of_database{"database_away", "clock_skew",   "writable", "durability",
                                           "schema",        "orders table", "rights",   "column types",
                                           "company",       "partitions"};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a sound database passes every check of it") {
  stage s;
  doctor_facts f = looked_at(s.db.url());
  CHECK(f.failed_reads.empty());
  for (const std::string& name : of_database) {
    CAPTURE(name);
    CHECK(result_of(f, name) == "PASS");
  }
  CHECK(certain_skew(*f.database_clock) == milliseconds(0));
  CHECK((f.database_clock->max - f.database_clock->min) < milliseconds(250)); // half a second would be told
}

TEST_CASE("whatever is locked, the looks end soon, each that failed is a FAIL and none of them passes") {
  stage s;
  s.shipped(1);
  s.sweep();
  struct lock {
    std::string table, check;
  };
  for (const lock& one : std::initializer_list<lock>{{"orders", "untracked"},
                                                     {"shipping_companies", "company"},
                                                     {"suivi.schema_version", "schema"},
                                                     {"suivi.account", "sweep_late"},
                                                     {"suivi.parcel", "parcels gone"},
                                                     {"suivi.lookup", "untracked"},
                                                     {"suivi.adopted_order", "orders_without_account"},
                                                     {"suivi.reconciler", "no_reconciler"},
                                                     {"suivi.pending", "events waiting"},
                                                     {"suivi.event_outcome", "quarantined"},
                                                     {"suivi.inbox_default", "partitions"},
                                                     {"suivi.inbox", "webhooks_silent"}}) {
    CAPTURE(one.table);
    auto body = [&]() -> task<void> {
      pg::connect_options options = s.db.owner_options();
      auto holder = co_await test::connected(options);
      auto held = co_await holder.run_script("begin; lock table " + one.table + " in access exclusive mode");
      REQUIRE(held.has_value());
      doctor_facts f;
      f.accounts.emplace_back().id = "acc-1";
      auto db = co_await test::connected(options);
      steady_time begun = steady_now();
      co_await collect_from_database(db, "public", f);
      CHECK(steady_now() - begun < std::chrono::seconds(30));
      int failed = 0;
      for (const check& c : examine(f)) {
        if (c.name != one.check) continue;
        CHECK(c.result == check_result::fail);
        ++failed;
      }
      CHECK(failed > 0);
    };
    test::run(body);
  }
}

TEST_CASE("a database that is read-only, or does not commit synchronously, is told") {
  stage s;
  s.db.execute("alter database " + s.db.name() + " set synchronous_commit = off");
  CHECK(result_of(looked_at(s.db.url()), "durability") == "WARN"); // our sessions do; the shop's do not
  s.db.execute("alter database " + s.db.name() + " reset synchronous_commit");
  CHECK(result_of(looked_at(s.db.url()), "durability") == "PASS");
}

TEST_CASE("a setting that makes the database read-only is taken back by the line that names it") {
  stage s;
  std::string here = "in database " + s.db.name();
  for (const std::string& holder :
       {"database " + s.db.name(), "role " + std::string(suivi::test::least_role) + " " + here}) {
    CAPTURE(holder);
    s.db.execute("alter " + holder + " set default_transaction_read_only = on");
    auto writable = check_of(looked_at(s.db.url()), "writable");
    CHECK(writable.result == check_result::fail);
    CAPTURE(writable.remedy);
    std::size_t first = writable.remedy.find('`') + 1;
    s.db.execute("set default_transaction_read_only = off; " +
                 writable.remedy.substr(first, writable.remedy.find('`', first) - first));
    CHECK(result_of(looked_at(s.db.url()), "writable") == "PASS");
  }
}

namespace {

struct broken_type {
  std::string change, undo, result, says;
};

void is_named(const stage& s, const broken_type& one) {
  CAPTURE(one.change);
  s.db.execute(one.change);
  doctor_facts f = looked_at(s.db.url());
  CHECK(result_of(f, "column types") == one.result);
  CHECK(contains(check_of(f, "column types").detail, one.says));
  s.db.execute(one.undo);
  CHECK(result_of(looked_at(s.db.url()), "column types") == "PASS");
}

} // namespace

TEST_CASE("columns of a type that does not fit, too narrow or NOT NULL are named") {
  stage s;
  for (
      const broken_type& one : std::initializer_list<broken_type>{
          {R"(alter table orders alter "trackingNumber" type bigint using null)",
           R"(alter table orders alter "trackingNumber" type text)", "FAIL", "\"trackingNumber\" is bigint"},
          {R"(drop index "orders_additionalMetaData_idx"; alter table orders alter "additionalMetaData" type json)",
           R"(alter table orders alter "additionalMetaData" type jsonb)", "FAIL", "is json, needed is jsonb"},
          {R"(alter table orders alter "alertedAt" type date)",
           R"(alter table orders alter "alertedAt" type timestamp(3))", "FAIL", "is date"},
          {R"(alter table shipping_accounts alter "isActive" drop default;
               alter table shipping_accounts alter "isActive" type integer using 1)",
           R"(alter table shipping_accounts alter "isActive" type boolean using true)", "FAIL", "is integer"},
          {R"(alter type "OrderStatus" rename value 'DELIVERED' to 'DONE')",
           R"(alter type "OrderStatus" rename value 'DONE' to 'DELIVERED')", "FAIL", "label DELIVERED"},
          {R"(alter table orders alter "trackingNumber" type varchar(10))",
           R"(alter table orders alter "trackingNumber" type varchar(64))", "WARN", "character varying(10)"},
          {R"(alter table orders alter "trackingNumber" type char(80))",
           R"(alter table orders alter "trackingNumber" type text)", "WARN", "padded with blanks"},
          {R"(alter table orders alter "alertReason" set not null)",
           R"(alter table orders alter "alertReason" drop not null)", "WARN", "NOT NULL"}}) {
    is_named(s, one);
  }
  s.db.execute(R"(alter table orders rename "abortReason" to gone)");
  doctor_facts f = looked_at(s.db.url());
  CHECK(check_of(f, "orders table").detail == "columns are missing: orders.\"abortReason\"");
  CHECK(result_of(f, "company") == "PASS");
}

TEST_CASE("what a domain over a type says of a column is named as the type's own is") {
  stage s;
  for (
      const broken_type& one : std::initializer_list<broken_type>{
          {R"(create domain short as varchar(10); create domain shorter as short;
               alter table orders alter "trackingNumber" type shorter)",
           R"(alter table orders alter "trackingNumber" type varchar(64))", "WARN",
           "is shorter, needed is text"},
          {R"(create domain filled as text not null default ''; update orders set "alertReason" = '';
               alter table orders alter "alertReason" type filled)",
           R"(alter table orders alter "alertReason" type text)", "WARN", "NOT NULL"},
          {R"(alter table orders alter "status" drop default; alter table orders alter "status" type varchar(8))",
           R"(alter table orders alter "status" type varchar(20))", "WARN", "character varying(8)"}}) {
    is_named(s, one);
  }
}

TEST_CASE("a column that only the database may write is named") {
  stage s;
  is_named(s, {R"(alter table orders drop column "alertReason";
                  alter table orders add "alertReason" text generated always as ("abortReason") stored)",
               R"(alter table orders drop column "alertReason"; alter table orders add "alertReason" text)",
               "FAIL", "is text, generated always"});
}

TEST_CASE("a column without case is matched by its letters, as the courier has them, and named") {
  stage s;
  s.order("R1");
  s.shipped(2);
  s.courier.rows.push_back({"00000000-0000-4000-8000-000000000001", "r1", 31, "171"});
  is_named(s, {R"(create extension if not exists citext; alter table orders alter "reference" type citext)",
               R"(alter table orders alter "reference" type text)", "WARN", "citext"});
  s.db.execute(R"(alter table orders alter "reference" type citext)");
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.matched == 1);
  CHECK(report.unmatched == 1);
}

TEST_CASE("the schema that is meant is public unless the URL names one, and others are not taken for it") {
  stage s;
  s.db.execute("create schema shop; alter table orders set schema shop");
  doctor_facts f = looked_at(s.db.url());
  CHECK(result_of(f, "orders table") == "FAIL");
  CHECK(contains(check_of(f, "orders table").remedy, "`?schema=shop`"));
  // A role's own search_path would lead the programs to a table that nobody meant.
  s.db.execute("alter database " + s.db.name() + " set search_path = shop, public");
  CHECK(result_of(looked_at(s.db.url()), "orders table") == "FAIL");
  s.db.execute(
      "alter table shipping_accounts set schema shop; alter table shipping_companies set schema shop");
  doctor_facts named = looked_at(test::with_parameters(s.db.url(), "schema=shop"), "shop");
  CHECK(result_of(named, "orders table") == "PASS");
  CHECK(result_of(looked_at(s.db.url(), "nowhere"), "orders table") == "FAIL");
}

TEST_CASE("a company that is missing, inactive or named otherwise is told, and other couriers are named") {
  stage s;
  s.db.execute(R"sql(
insert into shipping_companies ("id", "name", "slug", "updatedAt") values ('company-z', 'ZR', 'zr_express', now());
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt") values ('acc-z', 'Z', 'company-z', '{}', now());
)sql");
  CHECK(contains(check_of(looked_at(s.db.url()), "other couriers").detail, "1 of `zr_express`"));
  s.db.execute("update shipping_companies set \"isActive\" = false where \"slug\" = 'maystro'");
  CHECK(result_of(looked_at(s.db.url(), "public", {}), "company") == "FAIL");
  CHECK(result_of(looked_at(s.db.url()), "company") == "WARN"); // there are accounts of others
  s.db.execute("update shipping_companies set \"isActive\" = true, \"slug\" = 'maystro-dz' where \"slug\" = "
               "'maystro'");
  CHECK(contains(check_of(looked_at(s.db.url()), "company").detail, "`maystro-dz`"));
}
