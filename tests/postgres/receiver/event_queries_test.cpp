// Events as operators list, count, run again and delete them.
#include "tests/postgres/receiver/operations_stage.hpp"
#include "tests/support/builders.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* closed = "select count(*) from suivi.event_outcome";

std::string id_of(const test::database& db, std::string_view condition) {
  return db.value("select id from suivi.inbox where " + std::string(condition));
}

// Queries, and how many events they find.
const std::vector<std::pair<std::string, std::int64_t>> filters{
    {"outcome=applied", 3},     {"outcome=parked", 1},
    {"outcome=quarantined", 2}, {"outcome=pending", 0},
    {"processed=true", 3},      {"processed=false", 3},
    {"eventType=x", 3},         {"eventType=OrderStatusChanged", 1},
    {"reference=R2", 1},        {"reference=S%2F1", 1},
    {"reference=none", 0},      {"source=MAYSTRO", 6},
    {"source=ECOMANAGER", 0},   {"since=150s", 3},
    {"until=150s", 3},          {"since=150s&until=30s", 2},
    {"since=3650d", 6},         {"outcome=applied&reference=R1&processed=true&since=1h", 1}};

// The newest is of an order, the fourth of none, the last two cannot be read.
void check_members(const json::array& events) {
  CHECK(text(events[0].at("order")) ==
        R"({"id":"o1","reference":"R1","status":"PENDING","shippingStatus":"EXPÉDIÉ"})");
  CHECK(events[0].at("outcome") == "applied");
  CHECK(events[0].at("processed") == true);
  CHECK(events[3].at("outcome") == "parked");
  CHECK(events[3].at("order").is_null());
  CHECK(events[3].at("payload").at("payload").at("customer_phone") == "***");
  CHECK(events[4].at("payload") == "{\"a\":");
  CHECK(events[4].at("eventType").is_null());
  CHECK(events[4].at("error").is_string());
  CHECK(events[5].at("payload").as_array().empty());
}

task<void> check_numbers(operations_stage& here) {
  auto stats = co_await here.request_json(200, "GET", "/api/v1/webhooks/stats?period=7d");
  CHECK(stats.at("data").at("totalEvents") == 6);
  CHECK(stats.at("data").at("processedEvents") == 3);
  CHECK(stats.at("data").at("failedEvents") == 2);
  CHECK(stats.at("data").at("successRate") == 50);
  co_await here.request_json(400, "GET", "/api/v1/webhooks/stats?period=1y");
}

} // namespace

TEST_CASE("nobody without the token is answered and without a token in the settings nothing is there") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    http::request bare;
    bare.method = "GET";
    bare.target = "/api/v1/coverage";
    auto answer = co_await here.answer(bare);
    CHECK(answer.status == 401);
    CHECK(json::parse(answer.body).at("error").at("code") == "UNAUTHORIZED");
    for (const char* value :
         {"Bearer example-admi", "Bearer", "Basic example-admin", "Bearer example-admin2"}) {
      auto wrong = bare;
      wrong.headers.emplace_back("Authorization", value);
      answer = co_await here.answer(wrong);
      CHECK(answer.status == 401);
    }
    auto there = co_await here.request_json(200, "GET", "/api/v1/coverage");
    CHECK(there.at("success") == true);
    CHECK(there.at("data").at("total") == 100);
    co_await here.request_json(404, "GET", "/api/v1/nothing");
    auto wrong_method = co_await here.ask("PUT", "/api/v1/sweeps");
    CHECK(wrong_method.status == 405);
    CHECK(http::find_header(wrong_method.headers, "Allow") == "GET, HEAD, POST");
    here.settings.receiver.admin_token = secret();
    co_await here.request_json(404, "GET", "/api/v1/coverage");
  };
  here.run(steps());
}

TEST_CASE("events are listed newest first with their order, filtered and in pages") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{order(1), order(2), order(3), stranger(1), nonsense("{\"a\":"), nonsense("[]")};
    for (std::size_t i = 0; i < rows.size(); ++i)
      rows[i].received_at -= std::chrono::minutes(i); // stored in no order of receipt
    co_await here.store(rows);
    co_await here.until(closed, "3");
    co_await here.until("select count(*) from suivi.waiting_event where state = 'parked'", "1");

    auto all = co_await here.request_json(200, "GET", "/api/v1/webhooks/events");
    const auto& events = all.at("data").at("events").as_array();
    REQUIRE(events.size() == 6);
    for (std::size_t i = 1; i < events.size(); ++i)
      CHECK(events[i - 1].at("createdAt").as_string() > events[i].at("createdAt").as_string());
    check_members(events);
    auto count = [&](std::string query) -> task<std::int64_t> {
      auto some = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?" + query);
      auto total = some.at("data").at("pagination").at("totalCount").as_int64();
      if (total <= 25)
        CHECK(static_cast<std::int64_t>(some.at("data").at("events").as_array().size()) == total);
      co_return total;
    };
    for (const auto& [query, wanted] : filters) {
      auto found = co_await count(query);
      CHECK_MESSAGE(found == wanted, query);
    }
    auto page = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?limit=4&page=2");
    CHECK(page.at("data").at("events").as_array().size() == 2);
    CHECK(text(page.at("data").at("pagination")) ==
          R"({"currentPage":2,"totalPages":2,"totalCount":6,"limit":4,"hasNext":false,"hasPrev":true})");
    auto beyond =
        co_await here.request_json(200, "GET", "/api/v1/webhooks/events?page=1000000000&limit=1000");
    CHECK(beyond.at("data").at("events").as_array().empty());
    co_await here.request_json(400, "GET", "/api/v1/webhooks/events?limit=1001");

    co_await check_numbers(here);
  };
  here.run(steps());
}

TEST_CASE("an event without a reference is found by its order's") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    auto bare = nonsense(R"({"event":"x","payload":{"id":"u1","status":41}})");
    std::vector<webhook> first{order(1)};
    co_await here.store(first);
    co_await here.until(closed, "1");
    std::vector<webhook> second{bare};
    co_await here.store(second);
    co_await here.until(closed, "2");
    auto some = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?reference=R1");
    CHECK(some.at("data").at("pagination").at("totalCount") == 2);
  };
  here.run(steps());
}

TEST_CASE("a retry says what really happened and repairs what a hand has changed") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{order(1), stranger(1), nonsense("{")};
    co_await here.store(rows);
    co_await here.until(closed, "1");
    co_await here.until("select count(*) from suivi.waiting_event where state = 'parked' and owner is null",
                        "1");
    auto retry = [&](std::string id) -> task<std::string> {
      auto answer = co_await here.request_json(200, "POST", "/api/v1/webhooks/events/" + id + "/retry");
      co_return text(answer.at("success")) + " " + text(answer.at("data"));
    };
    auto applied = id_of(db, "reference = 'R1'");
    auto parked = id_of(db, "reference = 'S/1'");
    auto again = co_await retry(applied);
    CHECK(again == R"(true {"outcome":"unchanged","orderId":"o1"})");
    db.execute(R"(update orders set "shippingStatus" = 'by hand' where "id" = 'o1')");
    auto repaired = co_await retry(applied);
    CHECK(repaired == R"(true {"outcome":"applied","orderId":"o1"})");
    CHECK(db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "EXPÉDIÉ");
    auto still = co_await retry(parked);
    CHECK(still == R"(false {"outcome":"parked"})");
    test::add_order(db, "late", "S/1");
    auto found = co_await retry(parked);
    CHECK(found == R"(true {"outcome":"applied","orderId":"late"})");
    CHECK(db.number("select count(*) from suivi.waiting_event") == 0);
    auto unreadable = co_await retry(id_of(db, "outcome = 'quarantined'"));
    CHECK(unreadable == R"(false {"outcome":"quarantined"})");
    for (std::string id : {"999999", "0", "x", "1%2F2", "99999999999999999999"}) {
      co_await here.request_json(404, "POST", "/api/v1/webhooks/events/" + id + "/retry");
    }
  };
  here.run(steps());
}

TEST_CASE("a retry while the order is locked says that it waits and the event is applied afterwards") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{stranger(1)};
    co_await here.store(rows);
    co_await here.until("select count(*) from suivi.waiting_event where state = 'parked' and owner is null",
                        "1");
    test::add_order(db, "late", "S/1");
    auto locker = co_await test::connected(db.options());
    auto locked = co_await locker.run_script(R"(begin; select from orders where "id" = 'late' for update)");
    REQUIRE(locked);
    auto answer =
        co_await here.request_json(200, "POST", "/api/v1/webhooks/events/" + id_of(db, "true") + "/retry");
    CHECK(answer.at("success") == false);
    CHECK(answer.at("data").at("outcome") == "pending");
    auto freed = co_await locker.run_script("commit");
    CHECK((freed || !locker.alive())); // the server may have ended an idle transaction
    co_await here.until("select outcome from suivi.event_outcome", "applied");
  };
  here.run(steps());
}

TEST_CASE("deleting takes row and bytes and leaves the key") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    std::vector<webhook> rows{order(1), stranger(1)};
    co_await here.store(rows);
    co_await here.until(closed, "1");
    co_await here.until("select count(*) from suivi.waiting_event where state = 'parked'", "1");
    auto applied = id_of(db, "reference = 'R1'");
    auto parked = id_of(db, "reference = 'S/1'");
    for (const auto& id : {applied, parked}) {
      auto gone = co_await here.request_json(200, "DELETE", "/api/v1/webhooks/events/" + id);
      CHECK(gone.at("success") == true);
      co_await here.request_json(404, "DELETE", "/api/v1/webhooks/events/" + id);
    }
    CHECK(db.number("select count(*) from suivi.inbox") + db.number(closed) + db.number(nothing_pending) ==
          0);
    CHECK(db.number("select count(*) from suivi.inbox_key") == 2);
    db.execute(R"(update orders set "shippingStatus" = 'by hand')");
    std::vector<webhook> again{rows[0]};
    auto answers = co_await here.store(again);
    REQUIRE(answers[0]);
    CHECK(answers[0]->repeated);
    CHECK(std::to_string(answers[0]->id) == applied);
    co_await here.request_json(404, "DELETE", "/api/v1/webhooks/events/none");
  };
  here.run(steps());
  CHECK(db.number(R"(select count(*) from orders where "shippingStatus" = 'by hand')") == 100);
}

TEST_CASE("an event that is pending or being proved is not deleted") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::vector<webhook> rows{order(1), order(2)};
    std::span<const webhook> all(rows);
    auto kept = co_await ingest(connection, all, "another receiver");
    REQUIRE(kept);
    db.execute("update suivi.pending set due_at = now() + interval '1 hour'");
    db.execute("update suivi.pending set state = 'confirming' where event_id = (select max(event_id) from "
               "suivi.pending)");
    for (const auto& one : *kept) {
      co_await here.request_json(409, "DELETE", "/api/v1/webhooks/events/" + std::to_string(one.id));
    }
    CHECK(db.number("select count(*) from suivi.inbox") == 2);
  };
  here.run(steps());
}

TEST_CASE("events that wait together in one row are listed as pending, and none of them is deleted") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    auto connection = co_await test::connected(db.options());
    std::vector<webhook> rows{order(1), order(2)};
    std::span<const webhook> all(rows);
    auto kept = co_await ingest_as_range(connection, all, "another receiver");
    REQUIRE(kept);
    db.execute("update suivi.pending_range set due_at = now() + interval '1 hour'");
    for (std::string filter : {"outcome=pending", "processed=false", "outcome=pending&since=1h"}) {
      CAPTURE(filter);
      auto listed = co_await here.request_json(200, "GET", "/api/v1/webhooks/events?" + filter);
      const auto& events = listed.at("data").at("events").as_array();
      REQUIRE(events.size() == 2);
      CHECK(events.front().at("outcome") == "pending");
    }
    for (const auto& one : *kept)
      co_await here.request_json(409, "DELETE", "/api/v1/webhooks/events/" + std::to_string(one.id));
    CHECK(db.number("select count(*) from suivi.inbox") == 2);
  };
  here.run(steps());
}
