// What `doctor` counts in a shop: orders, parcels, sweeps, workers.
#include "tests/postgres/reconciler/doctor_stage.hpp"

using namespace suivi;
using namespace suivi::reconciler;
using suivi::test::check_of;
using suivi::test::looked_at;
using suivi::test::result_of;
using suivi::test::stage;

namespace {

account_facts account(const doctor_facts& f, const std::string& id = "acc-1") {
  for (const account_facts& a : f.accounts)
    if (a.id == id) return a;
  FAIL("there is no such account: " << id);
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a shop that was just swept passes") {
  stage s;
  for (int n = 1; n <= 5; ++n) s.shipped(n);
  s.sweep();
  doctor_facts f = looked_at(s.db.url(), "public", {"acc-1"});
  CHECK(f.failed_reads.empty());
  for (const char* name : {"sweep_late", "sweep_incomplete", "sweep conflicts", "untracked",
                           "orders never read", "unchecked", "parcels gone"}) {
    CAPTURE(name);
    CHECK(result_of(f, name, "acc-1") == "PASS");
  }
  for (const char* name : {"orders_without_account", "contested", "references", "events waiting", "parked",
                           "failed", "conflict", "quarantined"}) {
    CAPTURE(name);
    CHECK(result_of(f, name) == "PASS");
  }
}

TEST_CASE("orders without number are those that should have one by now") {
  stage s;
  for (const char* reference : {"R1", "R2", "R3", "R4"}) s.order(reference);
  s.db.execute(R"sql(
update orders set "status" = 'CONFIRMED', "createdAt" = now() at time zone 'UTC' - interval '7 hours';
update orders set "status" = 'PENDING' where "reference" = 'R2';
update orders set "createdAt" = now() at time zone 'UTC' - interval '5 hours' where "reference" = 'R3';
update orders set "trackingNumber" = '4' where "reference" = 'R4';
insert into suivi.lookup (order_id, account, asked_at, negatives) values ('o-R1', 'acc-1', now(), 1);
)sql");
  account_facts a = account(looked_at(s.db.url()));
  CHECK(a.tracking->orders == 2);
  CHECK(a.tracking->untracked == 1);
  CHECK(a.tracking->unknown_to_courier == 1);
  CHECK(account(looked_at(s.db.url()), "acc-2").tracking->untracked == 0);
  s.db.execute(R"sql(
delete from suivi.lookup;
insert into suivi.account (id, name, whole_watermark) values ('acc-1', 'One', now())
  on conflict (id) do update set whole_watermark = now();
)sql");
  CHECK(account(looked_at(s.db.url())).tracking->unknown_to_courier == 1); // no list shows it
}

TEST_CASE(
    "orders that the old system had tracked are counted until their parcel is known or they are final") {
  stage s;
  for (int n = 1; n <= 4; ++n) s.shipped(n, 31);
  s.db.execute(R"sql(
update orders set "trackingNumber" = "reference", "shippingStatus" = 'EXPÉDIÉ';
update orders set "trackingNumber" = null, "maystroOrderId" = 'an-old-id' where "reference" = 'R2';
update orders set "shippingStatus" = 'LIVRÉ' where "reference" = 'R3';
update orders set "shippingAccountId" = null where "reference" = 'R4';
)sql");
  doctor_facts f = looked_at(s.db.url());
  CHECK(account(f).never_read == 2);
  CHECK(f.unassigned->never_read == 1);
  CHECK(result_of(f, "orders never read", "acc-1") == "WARN");
  s.sweep();
  doctor_facts after = looked_at(s.db.url());
  CHECK(account(after).never_read == 0);
  CHECK(result_of(after, "orders never read", "acc-1") == "PASS");
}

TEST_CASE("orders that the courier's whole list does not show are no longer said to be read by a sweep") {
  stage s;
  s.shipped(1, 31);
  s.order("GONE", R"("trackingNumber", "maystroOrderId", "shippingStatus", "createdAt")",
          "'T-gone', 'u-gone', 'undefined', now() - interval '30 days'");
  s.sweep();
  CHECK(account(looked_at(s.db.url())).never_read == 1);
  CHECK(account(looked_at(s.db.url())).not_listed == 1);
  CHECK(account(looked_at(s.db.url(), "public", {"acc-1"}, false, false)).not_listed == 0);
  std::string remedy = check_of(looked_at(s.db.url()), "orders never read").remedy;
  CAPTURE(remedy);
  std::size_t query = remedy.find("SELECT \"reference\"");
  REQUIRE(query != std::string::npos);
  CHECK(s.db.value(remedy.substr(query)) == "GONE");
  s.order("NEW", R"("trackingNumber")", "'T-new'"); // after that sweep: the next one may show it
  s.db.execute("update orders set \"createdAt\" = now() + interval '1 minute' where \"reference\" = 'NEW'");
  CHECK(account(looked_at(s.db.url())).never_read == 2);
  CHECK(account(looked_at(s.db.url())).not_listed == 1);
}

TEST_CASE("a worker whose clock is wrong makes no parcel gone, and one that the courier lists no more is") {
  stage s;
  for (int n = 1; n <= 30; ++n) s.shipped(n);
  s.sweep();
  for (const char* skew : {"- interval '1 second'", "- interval '1 hour'", "+ interval '1 hour'"}) {
    s.db.execute(
        fmt::format("update suivi.parcel set pulled_at = pulled_at {0}, as_of_from = as_of_from {0}, "
                    "as_of_to = as_of_to {0}",
                    skew));
    CHECK(account(looked_at(s.db.url())).parcels_gone == 0);
    s.sweep(); // by a worker whose clock is right: what it pulls may look older than what is known
    CHECK(account(looked_at(s.db.url())).parcels_gone == 0);
  }
  s.courier.rows.pop_back();
  s.sweep();
  doctor_facts f = looked_at(s.db.url());
  CHECK(account(f).parcels_gone == 1);
  CHECK(result_of(f, "parcels gone", "acc-1") == "WARN");
  auto gone_without_list = [&] {
    return account(looked_at(s.db.url(), "public", {"acc-1"}, false, false)).parcels_gone;
  };
  CHECK(gone_without_list() == 0); // the shop's numbers are others
  s.db.execute("update suivi.parcel set uuid = tracking");
  CHECK(gone_without_list() == 1);
  s.db.execute("update suivi.parcel set ended = true"); // such a one is not asked for again
  CHECK(account(looked_at(s.db.url())).parcels_gone == 1);
  CHECK(gone_without_list() == 0);
  // What is listed of an order that two accounts claim is not taken: it is not gone.
  s.db.execute("update orders set \"shippingAccountId\" = null;"
               "insert into suivi.adopted_order (order_id, account, contested_by) select \"id\", 'acc-1', "
               "'acc-2' from orders");
  CHECK(account(looked_at(s.db.url())).parcels_gone == 0);
}

TEST_CASE("of the numbers that were never read those are counted that the courier was asked for in vain") {
  stage s;
  for (int n = 1; n <= 3; ++n) s.order(fmt::format("R{}", n), R"("trackingNumber")", fmt::format("'T{}'", n));
  s.db.execute("insert into suivi.unanswered_number (order_id, account, asked_at) values"
               " ('o-R1', 'acc-1', now()), ('o-R2', 'acc-2', now())");
  CHECK(account(looked_at(s.db.url())).never_read == 3);
  CHECK(account(looked_at(s.db.url())).numbers_unknown == 1);
}

TEST_CASE("the oldest pull of an open parcel is told, one that is final for good or gone is not") {
  stage s;
  for (int n = 1; n <= 3; ++n) s.shipped(n, n == 3 ? 41 : 31);
  s.sweep();
  s.db.execute(
      "update suivi.parcel set pull_stored_at = now() - interval '30 hours' where reference in ('R1', 'R3')");
  doctor_facts f = looked_at(s.db.url());
  CHECK(account(f).open_parcels->open == 2);
  CHECK(result_of(f, "unchecked", "acc-1") == "WARN");
  CHECK(contains(check_of(f, "unchecked").detail, "30 hours ago"));
  s.db.execute("update suivi.parcel set gone_at = now() where reference = 'R1'");
  CHECK(result_of(looked_at(s.db.url()), "unchecked", "acc-1") == "PASS");
}

TEST_CASE("references with blanks around them are told until they match") {
  stage s;
  s.order(" R1");
  s.order("R2\xc2\xa0");
  s.order("R 3");
  doctor_facts f = looked_at(s.db.url());
  CHECK(f.blanks->orders == 2);
  CHECK(result_of(f, "references") == "WARN");
  CHECK(contains(check_of(f, "references").detail, "' R1'"));
  s.db.execute(R"(update orders set "reference" = btrim("reference", E' \t\u00a0'))");
  CHECK(result_of(looked_at(s.db.url()), "references") == "PASS");
}

TEST_CASE("references that differ from the courier's by small letters or by the form of an accent are told") {
  stage s;
  s.order("ABC-1");
  s.order("Commande \u00e9t\u00e9"); // in one character each
  s.order("R3");
  s.courier.rows = {
      {"00000000-0000-4000-8000-000000000001", "abc-1", 31, "1700000000000001"},
      {"00000000-0000-4000-8000-000000000002", "Commande e\u0301te\u0301", 31, "1700000000000002"},
      {"00000000-0000-4000-8000-000000000003", "R3", 31, "1700000000000003"}};
  CHECK(s.sweep().unmatched == 2);
  doctor_facts f = looked_at(s.db.url());
  CHECK(f.spelled_otherwise->orders == 2);
  CHECK(contains(check_of(f, "references").detail, "'abc-1' for 'ABC-1'"));
  s.db.execute(R"(update orders set "reference" = 'abc-1' where "reference" = 'ABC-1';
                  delete from orders where "reference" like 'Commande%')");
  CHECK(s.sweep().unmatched == 1);
  CHECK(result_of(looked_at(s.db.url()), "references") == "PASS");
}

TEST_CASE("stores of the old back office give their orders the account by the statement that is printed") {
  stage s;
  for (const char* reference : {"R1", "R2", "R3", "R4"}) s.order(reference, "", "", "null");
  s.db.execute(R"sql(
insert into api_configurations ("id", "name", "shippingAccountId", "updatedAt") values
  ('s1', 'ALG', 'acc-1', now()), ('s2', 'ORN', 'acc-2', now()), ('s3', 'TWO', 'acc-1', now()), ('s4', 'TWO', 'acc-2', now()),
  ('s5', 'NONE', null, now());
update orders set "storeIdentifier" = (array['ALG', 'ORN', 'TWO', 'NONE'])[substr("reference", 2)::int];
)sql");
  doctor_facts f = looked_at(s.db.owner_url()); // who may see the stores
  CHECK(f.store_links->orders == 2);
  CHECK(f.store_links->undecided == 1);
  CHECK(result_of(f, "store links") == "WARN");
  s.db.execute(check_of(f, "store links").remedy);
  CHECK(s.column("R1", "shippingAccountId") == "acc-1");
  CHECK(s.column("R2", "shippingAccountId") == "acc-2");
  CHECK(s.column("R3", "shippingAccountId") == "NULL");
  CHECK(result_of(looked_at(s.db.owner_url()), "store links") == "PASS");

  s.db.execute(R"sql(
alter table api_configurations add "storeIdentifier" text;
update api_configurations set "storeIdentifier" = 'TWO' where "id" = 's2';
)sql");
  doctor_facts named = looked_at(s.db.owner_url()); // the column of that name goes before a store's name
  CHECK(named.store_links->column == "storeIdentifier");
  s.db.execute(check_of(named, "store links").remedy);
  CHECK(s.column("R3", "shippingAccountId") == "acc-2");
}

TEST_CASE("an account that is switched off with open orders, and a key that reaches none of them, are told") {
  stage s;
  s.order("R1");
  s.order("R2", R"("shippingStatus")", "'LIVRÉ'");
  doctor_facts f = looked_at(s.db.url());
  CHECK(f.inactive_with_orders.empty());
  s.db.execute(R"(update shipping_accounts set "isActive" = false where "id" = 'acc-1')");
  f = looked_at(s.db.url(), "public", {"acc-2"});
  REQUIRE(f.inactive_with_orders.size() == 1);
  CHECK(f.inactive_with_orders.front().open_orders == 1);
  CHECK(result_of(f, "inactive account", "acc-1") == "WARN");
  doctor_facts env = looked_at(s.db.url(), "public", {"env"}, true);
  CHECK(env.open_orders_with_account == 1);
  CHECK(result_of(env, "accounts") == "FAIL");
  s.db.execute(R"(update orders set "shippingAccountId" = null)");
  CHECK(result_of(looked_at(s.db.url(), "public", {"env"}, true), "accounts") == "PASS");
}

TEST_CASE("keys that are swapped are told by whose orders the courier lists") {
  stage s;
  for (int n = 1; n <= 4; ++n) s.order(fmt::format("R{}", n), "", "", n < 4 ? "'acc-2'" : "'acc-1'");
  auto compared = [&](std::vector<std::string> listed) {
    doctor_facts f = looked_at(s.db.url(), "public", {"acc-1"});
    f.accounts.front().listed_references = std::move(listed);
    auto body = [&]() -> task<void> {
      pg::connect_options options = s.db.options();
      auto db = co_await test::connected(options);
      co_await compare_listed(db, f);
    };
    test::run(body);
    return result_of(f, "key owner", "acc-1");
  };
  CHECK(compared({"R1", "R2", "R3", "R4", "R9"}) == "FAIL");
  CHECK(compared({"R3", "R4"}) == "PASS");
  CHECK(compared({"R9"}) == "PASS");
}

TEST_CASE("sweeps: incomplete, in conflict, refused, running for hours, and complete too long ago") {
  stage s;
  s.shipped(1);
  s.sweep();
  s.db.execute(
      "update suivi.sweep set conflicts = 2, refused = 1, verdict = 'incomplete', reason = 'page 2'");
  doctor_facts f = looked_at(s.db.url());
  CHECK(result_of(f, "sweep_incomplete", "acc-1") == "WARN");
  CHECK(result_of(f, "sweep conflicts", "acc-1") == "WARN");
  CHECK(result_of(f, "sweep_late", "acc-1") == "PASS");
  CHECK(result_of(f, "sweep_late", "acc-2") == "WARN"); // none yet
  s.db.execute("update suivi.account set full_watermark = now() - interval '5 days'");
  CHECK(result_of(looked_at(s.db.url()), "sweep_late", "acc-1") == "FAIL");
  s.db.execute(R"sql(
update suivi.account set full_watermark = now() - interval '5 hours', lease_until = now() + interval '1 minute';
insert into suivi.sweep (account, account_name, kind, term, owner, started_at)
select id, id, 'full', term, 'host:7', now() - interval '4 hours' from suivi.account where id = 'acc-1';
)sql");
  doctor_facts hangs = looked_at(s.db.url());
  CHECK(result_of(hangs, "sweep_late", "acc-1") == "FAIL");
  CHECK(contains(check_of(hangs, "sweep_late").detail, "running for 4 hours"));
  CHECK(result_of(hangs, "sweep_incomplete", "acc-1") == "WARN"); // the one that ended is told still
}

TEST_CASE("a worker that gave no sign of life for days is dead") {
  stage s;
  doctor_facts none = looked_at(s.db.url());
  CHECK(result_of(none, "no_reconciler") == "WARN");
  s.db.execute("insert into suivi.reconciler (owner) values ('host:7')");
  CHECK(result_of(looked_at(s.db.url()), "no_reconciler") == "PASS");
  s.db.execute("update suivi.reconciler set seen_at = now() - interval '5 days'");
  doctor_facts f = looked_at(s.db.url());
  CHECK(result_of(f, "no_reconciler") == "FAIL");
  CHECK(contains(check_of(f, "no_reconciler").detail, "5 days ago"));
}
