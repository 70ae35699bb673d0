// The check `rights`: as a role that has exactly what is needed, each right taken away once, and given back
// by the line that the check prints.
#include "tests/postgres/reconciler/doctor_stage.hpp"

using namespace suivi;
using namespace suivi::reconciler;
using suivi::test::check_of;
using suivi::test::looked_at;
using suivi::test::result_of;
using suivi::test::stage;

namespace {

// A role of this test's own, made by deploy/rights.sql, for as long as the test runs; roles belong to the
// cluster, not to a database.
class least_role {
 public:
  explicit least_role(const test::database& db) : db_(db), name_("least_" + db.name()) {
    test::run_rights_script(db_.owner_url(), name_);
  }
  ~least_role() {
    db_.execute(fmt::format("reassign owned by {0} to postgres; drop owned by {0}; drop role {0}", name_));
  }
  least_role(const least_role&) = delete;
  least_role& operator=(const least_role&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string url() const { return test::with_user(db_.owner_url(), name_); }

 private:
  const test::database& db_;
  std::string name_;
};

} // namespace

TEST_CASE("a role with exactly the rights that are needed passes, sweeps and looks at everything") {
  stage s;
  s.shipped(1);
  s.shipped(2, 41);
  least_role role(s.db);
  doctor_facts f = looked_at(role.url());
  CHECK(f.failed_reads.empty());
  CHECK(result_of(f, "rights") == "PASS");
  CAPTURE(check_of(f, "rights").remedy);
  auto granted = fmt::format(R"sql(
select count(*) from information_schema.column_privileges p
where p.grantee = '{}' and (p.table_name = 'orders' or (p.table_name = 'shipping_accounts' and p.privilege_type = 'UPDATE'))
)sql",
                             role.name());
  CHECK(s.db.number(granted) == 13 + 9 + 7); // those that the next test takes away, and no other
}

TEST_CASE("each right that is missing is told by the line that gives it") {
  stage s;
  least_role role(s.db);
  std::vector<std::string> taken{"usage on schema public",
                                 "select on shipping_accounts",
                                 "select on shipping_companies",
                                 "select, update on suivi.parcel",
                                 "insert on suivi.inbox",
                                 "delete on suivi.pending",
                                 "select on suivi.waiting_event",
                                 "usage on sequence suivi.event_id",
                                 "select on sequence suivi.event_id",
                                 "update on sequence suivi.event_id",
                                 "create on schema suivi",
                                 "usage on schema suivi",
                                 "select on suivi.schema_version"};
  for (const char* column :
       {"id", "reference", "status", "trackingNumber", "shippingStatus", "maystroOrderId", "alertedAt",
        "alertReason", "abortReason", "additionalMetaData", "shippingAccountId", "createdAt", "updatedAt"})
    taken.push_back(fmt::format("select (\"{}\") on orders", column));
  for (const char* column : {"status", "trackingNumber", "shippingStatus", "maystroOrderId", "alertedAt",
                             "alertReason", "abortReason", "additionalMetaData", "updatedAt"})
    taken.push_back(fmt::format("update (\"{}\") on orders", column));
  for (const char* column : {"requestCount", "successCount", "errorCount", "lastUsed", "lastTestAt",
                             "lastTestStatus", "lastTestError"})
    taken.push_back(fmt::format("update (\"{}\") on shipping_accounts", column));
  for (const std::string& right : taken) {
    CAPTURE(right);
    s.db.execute(fmt::format("revoke {} from {}", right, role.name()));
    doctor_facts f = looked_at(role.url());
    check rights = check_of(f, "rights");
    CHECK(rights.result == check_result::fail);
    CAPTURE(rights.remedy);
    REQUIRE(rights.remedy.starts_with("GRANT "));
    s.db.execute(rights.remedy);
    CHECK(result_of(looked_at(role.url()), "rights") == "PASS");
  }
  s.db.execute(fmt::format("revoke select on webhook_events from {}", role.name()));
  CHECK(result_of(looked_at(role.url()), "rights") == "WARN");
}

TEST_CASE("a right that is missing on all of Suivi's tables is told for each of them") {
  stage s;
  least_role role(s.db);
  for (const char* right : {"select", "insert", "update", "delete"}) {
    CAPTURE(right);
    s.db.execute(fmt::format("revoke {} on all tables in schema suivi from {}", right, role.name()));
    s.db.execute(check_of(looked_at(role.url()), "rights").remedy);
    CHECK(result_of(looked_at(role.url()), "rights") == "PASS");
    CHECK(s.db.number(fmt::format(R"sql(
select count(*) from pg_class c
where c.relnamespace = 'suivi'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
  and not has_table_privilege('{0}', c.oid, '{1}') and ('{1}' = 'select' or c.relkind <> 'v')
)sql",
                                  role.name(), right)) == 0);
  }
}

TEST_CASE("a role that does not own Suivi's tables is told so, and one that may not make the schema too") {
  stage s;
  least_role role(s.db);
  s.db.execute("alter table suivi.parcel owner to postgres; grant all on suivi.parcel to " + role.name() +
               "; grant all on all sequences in schema suivi to " + role.name());
  doctor_facts f = looked_at(role.url());
  CHECK(result_of(f, "rights") == "WARN");
  s.db.execute(check_of(f, "rights").remedy);
  CHECK(result_of(looked_at(role.url()), "rights") == "PASS");
  // What a script replaces must be the role's as well; whoever may run it is not asked.
  for (const char* thing :
       {"function suivi.drop_day(text, date)", "view suivi.sweep_shown", "sequence suivi.event_id"}) {
    CAPTURE(thing);
    s.db.execute(
        fmt::format("alter {} owner to postgres; grant {} on {} to {}", thing,
                    std::string_view(thing).starts_with("view") ? "select" : "all",
                    std::string_view(thing).starts_with("view") ? std::string_view(thing).substr(5) : thing,
                    role.name()));
    doctor_facts given_away = looked_at(role.url());
    CHECK(result_of(given_away, "rights") == "WARN");
    s.db.execute(check_of(given_away, "rights").remedy);
    CHECK(result_of(looked_at(role.url()), "rights") == "PASS");
  }
  s.db.execute("drop schema suivi cascade; revoke create on database " + s.db.name() + " from " +
               role.name());
  doctor_facts none = looked_at(role.url());
  CHECK(result_of(none, "schema") == "FAIL");
  CHECK(result_of(none, "rights") == "FAIL");
  s.db.execute(check_of(none, "rights").remedy);
  CHECK(result_of(looked_at(role.url()), "rights") == "PASS");
}

TEST_CASE("the script gives the role a schema that the shop's owner, no superuser, had made for himself") {
  stage s;
  std::string owner = "owner_" + s.db.name();
  s.db.execute(fmt::format(R"sql(
create role {0} login createrole;
alter database {1} owner to {0};
alter schema public owner to {0};
reassign owned by {2} to {0};
do $$ declare one record; begin
  for one in select oid::regclass as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
    execute format('alter table %s owner to {0}', one.name);
  end loop;
end $$
)sql",
                           owner, s.db.name(), test::least_role));
  std::string name = "later_" + s.db.name();
  for (int time = 0; time < 2; ++time) {
    test::run_rights_script(test::with_user(s.db.owner_url(), owner), name);
    check rights = check_of(looked_at(test::with_user(s.db.owner_url(), name)), "rights");
    CAPTURE(rights.remedy);
    CHECK(rights.result == check_result::pass);
    CHECK(s.db.number("select count(*) from pg_auth_members where roleid = '" + name + "'::regrole") == 0);
  }
  s.db.execute(fmt::format("alter database {2} owner to postgres; reassign owned by {0}, {1} to postgres;"
                           " drop owned by {0}, {1}; drop role {0}; drop role {1}",
                           owner, name, s.db.name()));
}

TEST_CASE("the script fails for somebody who may give no rights, and has given none") {
  stage s;
  std::string user = "user_" + s.db.name(), name = "none_" + s.db.name();
  s.db.execute("drop schema suivi cascade"); // which is nobody's to give away
  s.db.execute(fmt::format("create role {0} login createrole; grant connect on database {1} to {0};"
                           " grant usage on schema public to {0};"
                           " grant select, insert, update, delete on all tables in schema public to {0}",
                           user, s.db.name()));
  CHECK_THROWS(test::run_rights_script(test::with_user(s.db.owner_url(), user), name));
  REQUIRE(s.db.number("select count(*) from pg_roles where rolname = '" + name + "'") == 1); // it came so far
  CHECK(s.db.number(fmt::format(
            "select count(*) from information_schema.column_privileges where grantee = '{}'", name)) == 0);
  s.db.execute(fmt::format("drop owned by {0}, {1}; drop role {0}; drop role {1}", user, name));
}

TEST_CASE("a missing right is never a missing table or a count of zero") {
  stage s;
  s.order("R1", R"("trackingNumber", "createdAt")", "null, now() - interval '3 days'");
  least_role role(s.db);
  s.db.execute("revoke usage on schema public from " + role.name());
  doctor_facts f = looked_at(role.url());
  CHECK(result_of(f, "orders table") == "PASS"); // it is there; `rights` tells why nobody sees it
  CHECK(result_of(f, "rights") == "FAIL");
  CHECK(result_of(f, "company") == "FAIL");
  CHECK(result_of(f, "untracked") == "FAIL");
}

TEST_CASE("policies that may hide rows or keep the role from writing them are told, until the line is run") {
  stage s;
  s.shipped(1);
  least_role role(s.db);
  CHECK(result_of(looked_at(role.url()), "row security") == "PASS");
  std::string policy;
  SUBCASE("row-level security without any policy") {}
  SUBCASE("a policy that hides rows") {
    policy = "create policy part on orders using (\"status\" <> 'PENDING')";
  }
  SUBCASE("a policy that shows all and lets some be written") {
    policy = "create policy seen on orders for select using (true);"
             "create policy written on orders for update using (\"status\" <> 'PENDING')";
  }
  SUBCASE("a policy of another role") {
    policy = "create policy owners on orders to pg_monitor using (true)";
  }
  s.db.execute("alter table orders enable row level security;" + policy);
  check answer = check_of(looked_at(role.url()), "row security");
  CHECK(answer.result == check_result::fail);
  CAPTURE(answer.remedy);
  REQUIRE(answer.remedy.starts_with("CREATE POLICY "));
  s.db.execute(answer.remedy.substr(0, answer.remedy.find(" (Or ")));
  CHECK(result_of(looked_at(role.url()), "row security") == "PASS");
  s.db.execute("create policy never on orders as restrictive using (\"status\" <> 'PENDING')");
  CHECK(result_of(looked_at(role.url()), "row security") == "FAIL");
}

TEST_CASE("a policy on the old system's webhooks only warns, until the line is run") {
  stage s;
  least_role role(s.db);
  s.db.execute("alter table webhook_events enable row level security");
  check answer = check_of(looked_at(role.url()), "row security");
  CHECK(answer.result == check_result::warn);
  CHECK(answer.remedy.starts_with("CREATE POLICY "));
  s.db.execute(answer.remedy);
  CHECK(result_of(looked_at(role.url()), "row security") == "PASS");
}

TEST_CASE("a policy on the old system's webhooks makes no sweep incomplete") {
  stage s;
  s.shipped(1);
  s.db.execute("alter table webhook_events enable row level security");
  CHECK(s.sweep().complete);
}
