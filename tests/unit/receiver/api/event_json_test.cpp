// What operators are shown: nothing of a customer's, and numbers that add up.
#include "receiver/api/event_json.hpp"
#include "receiver/api/redaction.hpp"
#include "receiver/api/sequence_cursor.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

namespace json = boost::json;

namespace {

std::string shown(std::string_view raw) {
  event_seen e;
  e.raw = raw;
  e.outcome = "applied";
  return json::serialize(event_json(e, true).at("payload"));
}

} // namespace

TEST_CASE("customers' values read three stars at any depth and whatever they are") {
  CHECK(
      shown(R"({"event":"x","payload":{"id":"u1","status":31,"customer_name":"Example","customer_phone":550,
                  "Phone2":["a"],"destination_text":{"x":1},"address":null,"list":[{"customer_x":1,"ok":2}]}})") ==
      R"({"event":"x","payload":{"id":"u1","status":31,"customer_name":"***","customer_phone":"***","Phone2":"***",)"
      R"("destination_text":"***","address":"***","list":[{"customer_x":"***","ok":2}]}})");
}

TEST_CASE("JSON kept as a text within is masked too") {
  CHECK(shown(R"({"id":"u1","status":1,"note":"{\"customer_name\":\"Example\",\"a\":[1]}"})") ==
        R"({"id":"u1","status":1,"note":"{\"customer_name\":\"***\",\"a\":[1]}"})");
}

TEST_CASE("names that only resemble private ones are shown") {
  for (const char* name : {"customer", "addresses", "display_id", "external_order_id"})
    CHECK_FALSE(is_private_name(name));
  for (const char* name : {"customer_", "CUSTOMER_NAME", "phone", "second_phone_number", "Address"})
    CHECK(is_private_name(name));
}

TEST_CASE("what cannot be decoded is shown as text with replacement characters") {
  CHECK(shown("no \xff JSON") == "\"no \xef\xbf\xbd JSON\"");
  CHECK(shown("") == "\"\"");
}

TEST_CASE("a text is cut at 64 KiB and never within a character") {
  std::string raw = "!" + std::string(64 * 1024 - 2, 'x') + "\xc3\xa9 more";
  auto text = json::parse(shown(raw)).as_string();
  CHECK(text.size() == 64 * 1024 - 1);
  CHECK(text.find("\xef\xbf\xbd") == json::string::npos);
}

TEST_CASE("broken JSON hides the values it names") {
  CHECK(shown(R"({"customer_name": "Ex\"ample", "id": "u1", "phone":0550, "address":"Rue)") ==
        R"("{\"customer_name\": \"***\", \"id\": \"u1\", \"phone\":***, \"address\":\"***")");
  CHECK(shown(R"(x{\"customer_phone\":\"0550\",\"id\":1})").find("0550") == std::string::npos);
}

TEST_CASE("names and values that are no JSON are hidden too") {
  CHECK(shown("customer_phone=0550111111&status=31&address=Rue 1, Alger&x=1") ==
        "\"customer_phone=***&status=31&address=***&x=1\"");
  CHECK(shown("order[customer_name]=Example&a=1") == "\"order[customer_name]=***&a=1\"");
  CHECK(shown("{'customer_name': 'Exa\"mple', 'status': 31}") ==
        R"("{'customer_name': '***', 'status': 31}")");
  CHECK(shown("<customer_phone>0550111111</customer_phone><status>31</status>") ==
        R"("<customer_phone>***</customer_phone><status>31</status>")");
  CHECK(shown(R"(x {"address": {"street": "Rue 1", "rooms": [1, 2]}, "id": 1)") ==
        R"("x {\"address\": ***, \"id\": 1")");
  CHECK(shown(R"(x {"address": {"street": "Rue)") == R"("x {\"address\": ***")");
  CHECK(shown("address") == "\"address\"");
  CHECK(shown("a phone, and nothing") == "\"a phone, and nothing\"");
}

TEST_CASE("broken JSON within JSON is hidden as other broken JSON is") {
  CHECK(shown(R"({"id":"u1","status":1,"note":"{\"customer_name\":\"Example\",\"a\":"})") ==
        R"({"id":"u1","status":1,"note":"{\"customer_name\":\"***\",\"a\":"})");
}

TEST_CASE("an event is processed where nothing more will become of it but a mistake") {
  for (const char* outcome : {"applied", "unchanged", "stale", "ignored"}) CHECK(is_processed(outcome));
  for (const char* outcome : {"pending", "parked", "confirming", "failed", "conflict", "quarantined"})
    CHECK_FALSE(is_processed(outcome));
}

TEST_CASE("an event without name, order or error says so by null") {
  event_seen e;
  e.id = 7;
  e.outcome = "parked";
  e.received_at = *parse_instant("2026-05-20T12:00:00Z");
  CHECK(
      json::serialize(event_json(e, false)) ==
      R"({"id":"7","messageId":null,"source":"MAYSTRO","eventType":null,"processed":false,"outcome":"parked",)"
      R"("error":null,"createdAt":"2026-05-20T12:00:00Z","order":null})");
}

TEST_CASE("pages are counted to the last one that is not full") {
  event_query q;
  q.limit = 10;
  auto pages = [&](std::int64_t page, std::int64_t total) {
    q.page = page;
    return json::serialize(pagination_json(q, total));
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
  auto running = sweeps_asked({asked_sweep::answer::running, {12}, "acc-1"});
  CHECK(running.status == 409);
  CHECK(json::parse(running.body).at("data").at("id") == "12");
  CHECK(json::parse(running.body).at("error").at("code") == "CONFLICT");
  auto nobody = shipping_triggered({});
  CHECK(nobody.status == 503);
  CHECK(http::find_header(nobody.headers, "Retry-After"));
  auto asked = sweeps_asked({asked_sweep::answer::asked, {13, 14}, "acc-2"});
  CHECK(asked.status == 202);
  CHECK(json::parse(asked.body).at("data").at("id") == "13");
}

TEST_CASE("the scheduler's status has the old system's shape") {
  auto status = scheduler_json({});
  for (const char* name : {"status", "isRunning", "startedAt", "stoppedAt", "activeJobs", "lastSyncs"})
    CHECK(status.contains(name));
  for (const char* sync : {"ecomanager", "shippingStatus", "cleanup"})
    CHECK(status.at("lastSyncs").as_object().contains(sync));
  scheduler_seen seen;
  seen.there = true;
  seen.last_finished =
      json::object{{"verdict", "incomplete"}, {"reason", "page 3"}, {"finishedAt", "2026-05-20T12:00:00Z"}};
  status = scheduler_json(seen);
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
