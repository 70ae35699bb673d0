// Orders that the shop's database will not take: by whatever rule, and whatever it says, each is refused
// alone.
#include "tests/postgres/reconciler/sweep_stage.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using test::stage;

namespace {

// A trigger that raises this for the order R7.
std::string raising(const std::string& sqlstate) {
  return "create function no() returns trigger language plpgsql as $$ begin raise exception 'Amina "
         "0550123456' "
         "using errcode = '" +
         sqlstate +
         "'; end $$;"
         "create trigger no before update on orders for each row when (new.\"reference\" = 'R7') execute "
         "function no()";
}

} // namespace

TEST_CASE("one order that the database refuses is counted and named, and all others are written") {
  std::string rule, code;
  SUBCASE("by a CHECK constraint") {
    rule =
        "alter table orders add constraint short check (\"reference\" <> 'R7' or \"trackingNumber\" is null)";
    code = "sqlstate:23514";
  }
  SUBCASE("by a unique index") {
    rule = "create unique index one_number on orders ((case when \"reference\" in ('R7', 'R-old') then 1 "
           "end)) where "
           "\"trackingNumber\" is not null";
    code = "sqlstate:23505";
  }
  SUBCASE("by a trigger that raises") {
    rule = "create function no() returns trigger language plpgsql as $$ begin raise exception 'Amina "
           "0550123456'; end $$;"
           "create trigger no before update on orders for each row when (new.\"reference\" = 'R7') execute "
           "function no()";
    code = "sqlstate:P0001";
  }
  SUBCASE("by a trigger that cancels the update without a word") {
    rule = "create function no() returns trigger language plpgsql as $$ begin return null; end $$;"
           "create trigger no before update on orders for each row when (new.\"reference\" = 'R7') execute "
           "function no()";
    code = "sqlstate:SV003";
  }
  SUBCASE("by a trigger that writes something else") {
    rule = "create function no() returns trigger language plpgsql as $$ begin "
           "new.\"trackingNumber\" := null; return new; end $$;"
           "create trigger no before update on orders for each row when (new.\"reference\" = 'R7') execute "
           "function no()";
    code = "sqlstate:SV003";
  }
  SUBCASE("by a trigger that leaves out its parcel") {
    rule = "create function no() returns trigger language plpgsql as $$ begin return null; end $$;"
           "create trigger no before insert on suivi.parcel for each row when (new.reference = 'R7') execute "
           "function no()";
    code = "sqlstate:SV003";
  }
  SUBCASE("by a trigger that leaves out its line in the journal") {
    rule =
        "create function no() returns trigger language plpgsql as $$ begin return null; end $$;"
        "create trigger no before insert on suivi.change for each row when (new.order_id = 'o-R7') execute "
        "function no()";
    code = "sqlstate:SV003";
  }
  SUBCASE("by a trigger that makes a statement run out of time") {
    rule = "create function no() returns trigger language plpgsql as $$ begin "
           "raise exception using errcode = '57014'; end $$;"
           "create trigger no before update on orders for each row when (new.\"reference\" = 'R7') execute "
           "function no()";
    code = "sqlstate:57014";
  }
  SUBCASE("by a foreign key") {
    rule =
        "create table numbers (number text primary key);"
        "insert into numbers select '17' || lpad(n::text, 14, '0') from generate_series(1, 60) n where n <> "
        "7;"
        "alter table orders add constraint known_number foreign key (\"trackingNumber\") references numbers "
        "not valid";
    code = "sqlstate:23503";
  }
  SUBCASE("by an exclusion constraint") {
    rule =
        "alter table orders add constraint one_number exclude ((case when \"reference\" in ('R7', 'R-old') "
        "then 1 end) with =) where (\"trackingNumber\" is not null)";
    code = "sqlstate:23P01";
  }
  SUBCASE("by the CHECK of a domain") {
    rule = "create domain number as text check (value not like '%07');"
           "alter table orders alter column \"trackingNumber\" type number";
    code = "sqlstate:23514";
  }
  SUBCASE("by a narrow column") {
    rule = "alter table orders alter column \"trackingNumber\" type varchar(16)";
    code = "sqlstate:22001";
  }
  SUBCASE("by a generated column that cannot be reckoned") {
    rule = "alter table orders add column share integer generated always as "
           "(1 / (length(\"trackingNumber\") - case when \"reference\" = 'R7' then 16 else 99 end)) stored";
    code = "sqlstate:22012";
  }
  SUBCASE("by a trigger that wants a table that is not there") {
    rule = "create function no() returns trigger language plpgsql as $$ begin "
           "insert into nowhere values (1); return new; end $$;"
           "create trigger no before update on orders for each row when (new.\"reference\" = 'R7') execute "
           "function no()";
    code = "sqlstate:42P01";
  }
  SUBCASE("by a trigger that may not do what it does") {
    rule = "create function no() returns trigger language plpgsql as $$ begin "
           "raise exception using errcode = '42501'; end $$;"
           "create trigger no before update on orders for each row when (new.\"reference\" = 'R7') execute "
           "function no()";
    code = "sqlstate:42501";
  }
  for (const char* raised : {"08006", "53100", "0A000", "40001", "SV001", "SV002"}) {
    // Of a connection of its own, of others at work, of Suivi's own codes, of anything.
    SUBCASE((std::string("by a trigger that raises ") + raised).c_str()) {
      rule = raising(raised);
      code = std::string("sqlstate:") + raised;
    }
  }
  SUBCASE("by a constraint trigger that raises one of Suivi's own codes at the end of the transaction") {
    rule = "create function no() returns trigger language plpgsql as $$ begin "
           "raise exception using errcode = 'SV002'; end $$;"
           "create constraint trigger no after update on orders deferrable initially deferred for each row "
           "when (new.\"reference\" = 'R7') execute function no()";
    code = "sqlstate:SV002";
  }
  SUBCASE("by a constraint that is looked at at the end of the transaction") {
    rule =
        "alter table orders add constraint one_number exclude ((case when \"reference\" in ('R7', 'R-old') "
        "then 1 end) with =) where (\"trackingNumber\" is not null) deferrable initially deferred";
    code = "sqlstate:23P01";
  }
  if (code.empty()) return;
  stage s;
  for (int i = 1; i <= 60; ++i) s.shipped(i);
  if (code == "sqlstate:22001") s.courier.rows[60 - 7].tracking += "00";
  s.order("R-old", R"("trackingNumber")", "'old'");
  s.db.execute(rule);
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.refused == 1);
  CHECK(report.backfilled == 59);
  CHECK(report.fetched == report.matched + report.unmatched + report.conflicts + report.unreadable);
  REQUIRE(report.reason);
  CHECK(report.reason->find("R7 (" + code + ")") != std::string::npos);
  CHECK(report.reason->find("0550") == std::string::npos);
  CHECK(s.column("R7", "trackingNumber") == "NULL");
  CHECK(s.db.number("select count(*) from orders where \"shippingStatus\" = 'EXPÉDIÉ'") == 59);
  // Once the cause is mended, the next sweep writes it.
  s.db.execute("alter table orders drop constraint if exists short, drop constraint if exists known_number,"
               "  drop constraint if exists one_number, drop column if exists share;"
               "drop index if exists one_number; drop function if exists no() cascade;"
               "alter table orders alter column \"trackingNumber\" type text");
  auto mended = s.sweep();
  CHECK(mended.complete);
  CHECK(mended.refused == 0);
  CHECK(s.column("R7", "shippingStatus") == "EXPÉDIÉ");
}

TEST_CASE(
    "orders that the database refuses for what no row should cause are told from a right that is missing") {
  stage s;
  for (int i = 1; i <= 60; ++i) s.shipped(i);
  std::string rule = "create function no() returns trigger language plpgsql as $$ begin "
                     "raise exception using errcode = '42501'; end $$;"
                     "create trigger no before update on orders for each row ";
  SUBCASE("all of them") {
    s.db.execute(rule + "execute function no()");
    auto report = s.sweep();
    CHECK_FALSE(report.complete);
    CHECK(report.refused < 60);
    CHECK(report.reason.value_or("").find("sqlstate:42501") != std::string::npos);
  }
  SUBCASE("half of them") {
    s.db.execute(rule + "when (new.\"reference\" like '%2') execute function no()");
    auto report = s.sweep();
    CHECK_FALSE(report.complete);
    CHECK(report.refused == 6);
    CHECK(report.backfilled == 54);
  }
  SUBCASE("the only one that changed") {
    REQUIRE(s.sweep().complete);
    s.courier.rows.front().status = 41;
    s.db.execute(rule + "execute function no()");
    auto report = s.sweep();
    CHECK(report.refused == 1);
    CHECK(report.fetched == 60);
    CHECK(report.reason.value_or("").find("R60 (sqlstate:42501)") != std::string::npos);
  }
}

TEST_CASE("a parcel leaves the order whose reference it bore at first though its own order is refused") {
  stage s;
  s.shipped(1, 31);
  s.order("R2");
  bool delivered_before = false;
  SUBCASE("on its way") {}
  SUBCASE("delivered already") {
    delivered_before = true;
    s.courier.rows.front().status = 41;
  }
  REQUIRE(s.sweep().complete);
  std::string listed = delivered_before ? "LIVRÉ" : "EXPÉDIÉ";
  CHECK(s.column("R1", "shippingStatus") == listed);
  s.db.execute(
      "create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;"
      "create trigger no before update on orders for each row when (new.\"reference\" = 'R2') "
      "execute function no()");
  s.courier.rows.front().reference = "R2";
  s.courier.rows.front().status = 41;
  for (int again = 0; again < 2; ++again) {
    CHECK(s.sweep().refused == 1);
    CHECK(s.db.value("select order_id from suivi.parcel") == "o-R2");
    CHECK(s.column("R1", "shippingStatus") == listed);
    CHECK(s.column("R2", "shippingStatus") == "NULL");
  }
  s.db.execute("drop trigger no on orders");
  CHECK(s.sweep().complete);
  CHECK(s.column("R2", "shippingStatus") == "LIVRÉ");
  CHECK(s.column("R2", "status") == "DELIVERED");
  CHECK((s.column("R1", "status") == "DELIVERED") == delivered_before);
}

TEST_CASE("what a database of a narrow encoding cannot store is a refused order each, in the report too") {
  stage s(stage::encoding::latin1);
  for (int i = 1; i <= 20; ++i) s.shipped(i);
  s.courier.rows[20 - 7].tracking = "17٧";
  s.courier.rows[20 - 8].reference = "R٨";
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.refused == 2);
  CHECK(report.backfilled == 18);
  CHECK(report.reason.value_or("").find("R7 (sqlstate:22P05)") != std::string::npos);
  CHECK(report.reason.value_or("").find("R٨ (sqlstate:22P05)") != std::string::npos);
  CHECK(s.db.value("select reason like '%R7 (sqlstate:22P05)%' and reason like '%R?? (sqlstate:22P05)%' "
                   "from suivi.sweep where verdict = 'incomplete'") == "t");
  CHECK(s.db.value("select string_agg(reference, ' ' order by reference) from suivi.sweep_conflict "
                   "where refused") == "R7 R??");
  CHECK(s.column("R1", "shippingStatus") == "EXPÉDIÉ");
  CHECK(s.column("R7", "trackingNumber") == "NULL");
  s.courier.rows[20 - 7].tracking = "177";
  s.courier.rows[20 - 8].reference = "R8";
  CHECK(s.sweep().complete);
  CHECK(s.column("R7", "trackingNumber") == "177");
}

namespace {

// As a shop does that lets several programs share its tables: the role sees and writes what policies say.
void guard(stage& s, const std::string& policies) {
  s.db.execute("alter table orders enable row level security; " + policies);
}

} // namespace

TEST_CASE("where row-level security hides orders no sweep is complete, and it says why") {
  stage s;
  for (int n = 1; n <= 10; ++n) s.shipped(n);
  guard(s, R"sql(create policy part on orders using ("reference" <> 'R7'))sql");
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.reason.value_or("") ==
        "row-level security may hide rows of orders: see `suivi-reconciler doctor`");
  CHECK(report.backfilled == 9);
  CHECK(report.unmatched == 1);
  CHECK_FALSE(s.sweep_newest().complete);
  s.db.execute("alter policy part on orders using (true)");
  report = s.sweep();
  CHECK(report.complete);
  CHECK(report.backfilled == 1);
}

TEST_CASE("an order that row-level security shows and lets nobody write is refused, not locked") {
  stage s;
  for (int n = 1; n <= 10; ++n) s.shipped(n);
  guard(s, R"sql(create policy seen on orders for select using (true);
                 create policy written on orders for update using ("reference" <> 'R7'))sql");
  auto report = s.sweep();
  CHECK_FALSE(report.complete);
  CHECK(report.reason.value_or("").find("R7 (sqlstate:42501)") != std::string::npos);
  CHECK(report.reason.value_or("").find("locked") == std::string::npos);
  CHECK(report.refused == 1);
  CHECK(report.backfilled == 9);
  CHECK(report.seconds < 30); // it is not waited for as for a lock
}

TEST_CASE(
    "what an incremental sweep could not write is listed beside the last full sweep's, until one takes it "
    "or reads the list whole") {
  stage s;
  bool whole = false;
  SUBCASE("taken by an incremental one") {}
  SUBCASE("the list is read whole") {
    whole = true;
  }
  for (int i = 1; i <= 3; ++i) s.shipped(i);
  auto full = s.sweep();
  REQUIRE(full.complete);
  s.courier.rows.front().status = 41;
  s.db.execute("alter table orders add constraint odd check (\"reference\" <> 'R3' or \"shippingStatus\" <> "
               "'LIVRÉ') not valid");
  s.options.kind = reconciler::sweep_kind::incremental;
  for (int times = 0; times < 2; ++times) CHECK(s.sweep().refused == 1);
  const char* listed =
      "select string_agg(sweep_id || ' ' || reference || ' ' || refused, ',') from suivi.sweep_conflict";
  CHECK(s.db.value(listed) == full.id + " R3 true");
  s.db.execute("alter table orders drop constraint odd");
  if (whole) s.options.kind = reconciler::sweep_kind::full;
  // Of another account's order nothing was taken.
  s.db.execute("insert into suivi.sweep_conflict (sweep_id, account, reference) values (" + full.id +
               ", 'acc-1', 'R9')");
  CHECK(s.sweep().complete);
  CHECK(s.db.value(listed) == (whole ? "NULL" : full.id + " R9 false"));
}
