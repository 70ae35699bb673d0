// What an older program put into quarantine is read again by one that understands more.
#include "receiver/upkeep/quarantine_reread.hpp"
#include "tests/postgres/receiver/in_process_receiver.hpp"
#include "tests/support/run.hpp"

#include <fmt/format.h>

using namespace suivi;
using namespace suivi::receiver;
using progress = quarantine_reread::progress;

namespace {

constexpr const char* quarantined = "select count(*) from suivi.inbox where outcome = 'quarantined'";

// As an older program would have stored them: it understood none of them.
void store_as_older(const test::database& db, std::vector<webhook> rows) {
  for (auto& row : rows) {
    row.event = {};
    row.event.why = "An older program did not understand it.";
  }
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::span<const webhook> all(rows);
    auto kept = co_await ingest(connection, all, "");
    REQUIRE(kept);
  });
}

webhook of_body(const std::string& body) {
  return to_webhook(body, std::nullopt, suivi::now());
}

progress read_some(const test::database& db, int decoder) {
  return test::run([&]() -> task<progress> {
    auto executor = co_await asio::this_coro::executor;
    receiver::database_monitor watched(executor, db.options(), 1);
    quarantine_reread again(watched);
    auto connection = co_await test::connected(db.options());
    auto did = co_await again.read_some(connection, decoder);
    REQUIRE(did);
    co_return *did;
  });
}

std::string place(const test::database& db) {
  return db.value(
      "select decoder || ' ' || (up_to = (select max(id) from suivi.inbox)) from suivi.second_reading");
}

} // namespace

TEST_CASE("a receiver applies by itself what was quarantined before its update") {
  test::database db;
  receiver_inside here(db);
  auto early = order(1);
  early.received_at -= 1h;
  store_as_older(db, {early, of_body("no json"), of_body(R"({"event":"InventoryMovement","quantity":1})")});
  CHECK(db.number(quarantined) == 3);
  quarantine_reread again(here.watched);
  auto steps = [&]() -> task<void> {
    here.endless.spawn("quarantine reread", again.run());
    co_await here.until("select outcome from suivi.event_outcome", "applied");
    co_await here.until("select up_to > 0 from suivi.second_reading", "t");
  };
  here.run(steps());
  CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "EXPÉDIÉ");
  CHECK(db.value("select name || ' ' || reference || ' ' || status from suivi.inbox where uuid = 'u1'") ==
        "x R1 31");
  // As of its receipt, not of its second reading.
  CHECK(
      db.value("select to_char(as_of_to at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') from suivi.parcel") ==
      db.value("select to_char(min(received_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') from "
               "suivi.inbox"));
  CHECK(db.value("select string_agg(coalesce(outcome, '-'), ' ' order by id) from suivi.inbox") ==
        "- quarantined ignored");
}

TEST_CASE("every decoder reads everything once, and an older one leaves the quarantine alone") {
  test::database db;
  store_as_older(db, {of_body("no json")});
  CHECK(read_some(db, 1) == progress::done);
  CHECK(place(db) == "1 true");
  db.execute("update suivi.inbox set raw = '{\"id\":\"u1\",\"status\":31}'"); // as if it were understood now
  CHECK(read_some(db, 1) == progress::done);
  CHECK(db.number(quarantined) == 1);
  CHECK(read_some(db, 2) == progress::done);
  CHECK(db.number(quarantined) == 0);
  CHECK(db.number("select count(*) from suivi.pending where owner is null and due_at <= now()") == 1);
  CHECK(place(db) == "2 true");
  store_as_older(db, {order(3)}); // an older receiver is still there
  CHECK(read_some(db, 1) == progress::newer);
  CHECK(db.number(quarantined) == 1);
  CHECK(read_some(db, 2) == progress::done);
  CHECK(db.number(quarantined) == 0);
}

TEST_CASE("several events that an older program kept as one are stored each, those it has once") {
  test::database db;
  auto one = [](int n, const char* status) {
    return fmt::format(
        R"({{"event_id":"e{0}","data":{{"tracking":"yal-{0}","status":"{1}","order_id":"R{0}"}}}})", n,
        status);
  };
  auto of_account = [](const std::string& elements, std::optional<std::string> account) {
    return to_webhook(R"({"type":"parcel_status_updated","events":[)" + elements + "]}", account,
                      suivi::now() - 1h);
  };
  std::string both = one(1, "Livré") + "," + one(2, "Centre") + ",7";
  store_as_older(db, {of_account(both, "g"), of_account(both + ",8", std::nullopt)});
  test::run([&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::vector<webhook> before{of_account(one(1, "Livré"), "g")};
    auto kept = co_await ingest(connection, std::span<const webhook>(before), "");
    REQUIRE(kept);
  });
  for (int decoder : {1, 2}) { // the second finds nothing more
    CHECK(read_some(db, decoder) == progress::done);
    CHECK(
        db.value("select string_agg(coalesce(outcome, '-') || ' ' || coalesce(message_id, '-'), ', ' order by"
                 " outcome, message_id) from suivi.inbox") ==
        "ignored -, quarantined -, quarantined -, - e1, - e2");
    CHECK(db.number("select count(*) from suivi.pending") == 2);
  }
  CHECK(db.number("select count(distinct received_at) from suivi.inbox where message_id = 'e2'"
                  " and received_at < now() - interval '30 minutes'") == 1);
}

TEST_CASE("a long quarantine is read in batches and what an operator had applied is left alone") {
  test::database db;
  std::vector<webhook> rows;
  for (int n = 1; n <= 120; ++n) rows.push_back(order(n));
  store_as_older(db, rows);
  db.execute("insert into suivi.event_outcome (event_id, stored_on, outcome) "
             "select id, stored_on, 'applied' from suivi.inbox order by id limit 1");
  CHECK(read_some(db, 1) == progress::more);
  CHECK(db.number(quarantined) == 70);
  CHECK(read_some(db, 1) == progress::more);
  CHECK(read_some(db, 1) == progress::done);
  CHECK(db.number(quarantined) == 1);
  CHECK(db.number("select count(*) from suivi.pending") == 119);
}

TEST_CASE("a row that the database refuses stays in quarantine and harms no other") {
  test::database db;
  std::vector<webhook> rows;
  for (int n = 1; n <= 20; ++n) rows.push_back(order(n));
  store_as_older(db, rows);
  db.execute(R"(
    create function refuse() returns trigger language plpgsql as $$
    begin if new.reference = 'R7' then raise 'poison' using errcode = '22P05'; end if; return new; end $$;
    create trigger refuse before update on suivi.inbox for each row execute function refuse())");
  CHECK(read_some(db, 1) == progress::done);
  CHECK(db.number(quarantined) == 1);
  CHECK(db.number("select count(*) from suivi.pending") == 19);
  CHECK(place(db) == "1 true");
}
