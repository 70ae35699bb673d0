// What a sweep that finds nothing costs: no row of the shop is written, Suivi's own are updated in place, and
// nothing grows.
#include "tests/programs/reconciler_process.hpp"

using namespace suivi::test;

namespace {

// Counted by PostgreSQL; a process tells what it did at the latest when it ends.
struct costs {
  std::int64_t updates, in_place, bytes;
};

costs of_parcels(const reconciler_process& s) {
  return {s.db.number("select n_tup_upd from pg_stat_user_tables where relid = 'suivi.parcel'::regclass"),
          s.db.number("select n_tup_hot_upd from pg_stat_user_tables where relid = 'suivi.parcel'::regclass"),
          s.db.number("select pg_total_relation_size('suivi.parcel')")};
}

// Old versions of rows can be cleaned away only when no transaction is open that is older, in any database of
// the cluster.
void wait_for_others(const reconciler_process& s) {
  wait_until("the end of other tests' transactions", [&] {
    return s.db.value(
               "select not exists (select from pg_stat_activity where backend_xid is not null and pid <> "
               "pg_backend_pid() and xact_start < clock_timestamp() - interval '200 milliseconds')") == "t";
  });
}

std::string shop_rows(const reconciler_process& s) {
  return s.db.value(
      "select md5(string_agg(o::text || o.xmin || o.ctid, ',' order by o.\"id\")) from orders o");
}

} // namespace

TEST_CASE("sweeps that find nothing write no order, update parcels in place only, and let no table grow") {
  reconciler_process s("example-a:example-key-1:A", 3'000);
  s.set(R"({"page_size":20})");
  (void)s.sweep(0);
  std::string orders = shop_rows(s);
  std::int64_t parcels = s.db.number("select count(*) from suivi.parcel");
  std::int64_t changes = s.db.number("select count(*) from suivi.change");
  costs before = of_parcels(s);
  constexpr int sweeps = 4;
  for (int i = 0; i < sweeps; ++i) {
    wait_for_others(s);
    auto r = s.sweep(0).at("example-a");
    CHECK(number(r, "backfilled") + number(r, "statusChanged") == 0);
  }
  wait_until("PostgreSQL's count",
             [&] { return of_parcels(s).updates - before.updates >= sweeps * parcels; });
  costs after = of_parcels(s);
  CHECK(shop_rows(s) == orders);
  CHECK(s.db.number("select count(*) from suivi.change") == changes);
  // All but those of pages that somebody else had in hand when they could have been cleaned.
  CHECK(static_cast<double>(after.in_place - before.in_place) >=
        0.95 * static_cast<double>(after.updates - before.updates));
  CHECK(static_cast<double>(after.bytes) <= 1.1 * static_cast<double>(before.bytes));
  CHECK(s.db.number("select count(*) from suivi.sweep") == 1 + sweeps);
  CHECK(s.db.number("select coalesce(sum(n_tup_upd - n_tup_hot_upd), 0) from pg_stat_user_tables where "
                    "schemaname = 'suivi' "
                    "and relname in ('account', 'sweep', 'lookup')") == 0);
}
