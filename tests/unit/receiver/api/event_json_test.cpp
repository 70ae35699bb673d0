// What operators are shown: nothing of a customer's, and numbers that add up.
#include "receiver/api/call/answers.hpp"
#include "receiver/api/events/event_json.hpp"
#include "receiver/api/stream/sequence_cursor.hpp"
#include "receiver/api/sweeps/sweep_json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

namespace json = boost::json;

TEST_CASE("an event is processed where nothing more will become of it but a mistake") {
  for (const char* outcome : {"applied", "unchanged", "stale", "ignored"}) CHECK(is_processed(outcome));
  for (const char* outcome : {"pending", "parked", "confirming", "failed", "conflict", "quarantined"})
    CHECK_FALSE(is_processed(outcome));
}

TEST_CASE("an event without name, order or error says so by null") {
  event_summary e;
  e.id = 7;
  e.outcome = "parked";
  e.received_at = *parse_instant("2026-05-20T12:00:00Z");
  CHECK(
      json::serialize(event_json(e, false, {})) ==
      R"({"id":"7","messageId":null,"source":"MAYSTRO","eventType":null,"processed":false,"outcome":"parked",)"
      R"("error":null,"createdAt":"2026-05-20T12:00:00Z","order":null})");
}

TEST_CASE(
    "an event is of the courier whose account it is, and where the account has gone, whose types it bears") {
  event_origins origins{{{"GUEPEX", "parcel_", {"g"}}}, {"g", "m"}};
  auto source_of = [&](std::optional<std::string> account, std::optional<std::string> name) {
    event_summary e;
    e.account = std::move(account);
    e.name = std::move(name);
    return std::string(event_json(e, false, origins).at("source").as_string());
  };
  CHECK(source_of("g", std::nullopt) == "GUEPEX");
  CHECK(source_of("gone", "parcel_status_updated") == "GUEPEX");
  CHECK(source_of("gone", "OrderStatusChanged") == "MAYSTRO");
  CHECK(source_of("m", "parcel_status_updated") == "MAYSTRO");
  CHECK(source_of(std::nullopt, "parcel_status_updated") == "MAYSTRO");
  CHECK(source_of("maystro:g", "parcel_status_updated") == "MAYSTRO");
}

TEST_CASE("a type that only a courier that signs can have sent is shown where it is an identifier") {
  event_origins origins{{{"GUEPEX", "parcel_", {"g"}}}, {"g", "m"}};
  auto type_of = [&](const std::string& account, const std::string& name) {
    event_summary e;
    e.account = account;
    e.name = name;
    e.raw = json::serialize(
        json::object{{"type", name},
                     {"events", json::array{json::object{{"data", json::object{{"tracking", "yal-1"}}}}}}});
    json::object one = event_json(e, true, origins);
    if (account == "g") CHECK(one.at("payload").at("type") == one.at("eventType"));
    return std::string(one.at("eventType").as_string());
  };
  CHECK(type_of("g", "foo.bar-baz_2") == "foo.bar-baz_2");
  CHECK(type_of("m", "foo.bar-baz_2") == "***");
  for (const char* name : {"Karim Benali", "0550999999", "type-0550999999", "Réçu"})
    CHECK(type_of("g", name) == "***");
  std::vector<event_count> counts{{"hub", "applied", 3}, {"hub", "applied", -2}, {"hub", "applied", 2, true}};
  CHECK(json::serialize(stats_json(counts, "24h").at("eventsByType")) ==
        R"([{"eventType":"hub","count":2},{"eventType":"***","count":1}])");
}

TEST_CASE("pages are counted to the last one that is not full") {
  event_query q;
  q.limit = 10;
  auto pages = [&](std::int64_t page, std::int64_t total) {
    q.page = page;
    return json::serialize(pagination_json(q, event_page{total, {}, {}}));
  };
  CHECK(pages(1, 0) ==
        R"({"currentPage":1,"totalPages":0,"totalCount":0,"limit":10,"hasNext":false,"hasPrev":false})");
  CHECK(pages(1, 21) ==
        R"({"currentPage":1,"totalPages":3,"totalCount":21,"limit":10,"hasNext":true,"hasPrev":false})");
  CHECK(pages(3, 21) ==
        R"({"currentPage":3,"totalPages":3,"totalCount":21,"limit":10,"hasNext":false,"hasPrev":true})");
}

TEST_CASE("statistics add up over names and outcomes") {
  std::vector<event_count> counts{{"A", "applied", 5},
                                  {"B", "applied", 1},
                                  {"A", "parked", 1},
                                  {"A", "failed", 1},
                                  {std::nullopt, "quarantined", 1}};
  CHECK(
      json::serialize(stats_json(counts, "24h")) ==
      R"({"totalEvents":9,"processedEvents":6,"failedEvents":2,"successRate":67,"eventsByType":)"
      R"([{"eventType":"A","count":7},{"eventType":null,"count":1},{"eventType":"B","count":1}],"eventsByOutcome":)"
      R"([{"outcome":"applied","count":6},{"outcome":"failed","count":1},{"outcome":"parked","count":1},)"
      R"({"outcome":"quarantined","count":1}],"period":"24h"})");
  CHECK(stats_json({}, "7d").at("successRate").as_int64() == 100);
}

TEST_CASE("a sweep that runs already is a conflict with its id and nobody to sweep is unavailable") {
  auto running = sweeps_requested({requested_sweep::answer::running, {12}, "acc-1"});
  CHECK(running.status == 409);
  CHECK(json::parse(running.body).at("data").at("id") == "12");
  CHECK(json::parse(running.body).at("error").at("code") == "CONFLICT");
  auto nobody = shipping_triggered({});
  CHECK(nobody.status == 503);
  CHECK(http::find_header(nobody.headers, "Retry-After"));
  auto response = sweeps_requested({requested_sweep::answer::requested, {13, 14}, "acc-2"});
  CHECK(response.status == 202);
  CHECK(json::parse(response.body).at("data").at("id") == "13");
}

TEST_CASE("the scheduler's status has the old system's shape") {
  auto status = scheduler_json({});
  for (const char* name : {"status", "isRunning", "startedAt", "stoppedAt", "activeJobs", "lastSyncs"})
    CHECK(status.contains(name));
  for (const char* sync : {"ecomanager", "shippingStatus", "cleanup"})
    CHECK(status.at("lastSyncs").as_object().contains(sync));
  scheduler_state scheduler;
  scheduler.there = true;
  scheduler.last_finished =
      json::object{{"verdict", "incomplete"}, {"reason", "page 3"}, {"finishedAt", "2026-05-20T12:00:00Z"}};
  status = scheduler_json(scheduler);
  CHECK(status.at("status") == "running");
  CHECK(status.at("lastSyncs").at("shippingStatus").at("lastError").at("error") == "page 3");
}

TEST_CASE("a number that shows up late is still news and none is news twice") {
  number_marks marks;
  marks.set(10, {8, 10});
  CHECK(marks.after() == 0);
  CHECK(marks.known() == std::vector<std::int64_t>{8, 10});
  marks.note(12);
  marks.note(9);
  CHECK(marks.highest() == 12);
  CHECK(marks.known() == std::vector<std::int64_t>{8, 9, 10, 12});
  marks.note(number_marks::depth + 10);
  CHECK(marks.after() == 10);
  CHECK(marks.known() == std::vector<std::int64_t>{12, number_marks::depth + 10});
}
