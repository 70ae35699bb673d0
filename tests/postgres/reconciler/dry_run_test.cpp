// What a dry run tells, and that it leaves nothing behind.
#include "tests/postgres/reconciler/sweep_stage.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;

namespace {

const std::string uuid_1 = "11111111-1111-4111-8111-111111111111";

std::string uuid_of(int n) {
  return fmt::format("00000000-0000-4000-8000-{:012}", n);
}

} // namespace

TEST_CASE("a dry run writes nothing at all") {
  stage s;
  s.order("R1");
  s.courier.rows = {{uuid_1, "R1", 6, "1700000000000001"}};
  s.options.dry_run = true;
  auto report = s.sweep();
  CHECK(report.complete);
  CHECK(report.backfilled == 1);
  CHECK(s.column("R1", "trackingNumber") == "NULL");
  CHECK(s.db.number(
            "select (select count(*) from suivi.sweep) + (select count(*) from suivi.account) + "
            "(select count(*) from suivi.parcel) + (select sum(\"requestCount\") from shipping_accounts)") ==
        0);
}

TEST_CASE("a dry run tells the same without the schema, and of orders that the shop holds") {
  stage s;
  s.shipped(1);
  s.order("R2", R"("maystroOrderId")", fmt::format("'{}'", uuid_of(2)));
  s.courier.rows.push_back({uuid_of(2), "", 31, "1700000000000002"});
  s.order("R3", "", "", "'acc-2'");
  s.courier.rows.push_back({uuid_of(3), "R3", 31, "1700000000000003"});
  s.db.execute("drop schema suivi cascade;"
               "do $$ begin execute format('alter database %I set default_transaction_read_only = on', "
               "current_database()); end $$");
  s.options.dry_run = true;
  auto without = s.sweep();
  CHECK(without.complete);
  CHECK(without.id == "dry-run");
  CHECK(without.backfilled == 2);
  CHECK(without.conflicts == 1);
  CHECK(s.column("R1", "trackingNumber") == "NULL");
}

TEST_CASE("a dry run counts every order once, whatever it would write again, and touches no table") {
  stage s;
  for (int n = 1; n <= 45; ++n) s.shipped(n);
  const char* everything = "select md5(string_agg(query_to_xml('select * from ' || c.oid::regclass || ' t "
                           "order by t::text', true, false, '')::text, ''"
                           " order by c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                           " where c.relkind = 'r' and n.nspname in ('public', 'suivi')";
  std::string before = s.db.value(everything);
  const char* counters_drawn =
      "select string_agg(coalesce(last_value::text, '-'), ',' order by sequencename) from pg_sequences";
  std::string counters = s.db.value(counters_drawn);
  s.options.dry_run = true;
  auto report = s.sweep();
  CHECK(s.courier.pages_requested.size() == 4); // page 1 twice
  CHECK(report.backfilled == 45);
  CHECK(report.status_changed == 45);
  CHECK(report.fetched == 45);
  CHECK(s.db.value(everything) == before);
  CHECK(s.db.value(counters_drawn) == counters);
  s.options.dry_run = false;
  auto real = s.sweep();
  CHECK(real.backfilled == report.backfilled);
  CHECK(real.status_changed == report.status_changed);
  CHECK(s.db.value(everything) != before); // the question can tell
}
