// The operations API of the real receiver, as an admin panel meets it: who is answered, what events look
// like, what is refused, and what may be done with an event.
#include "common/http/message/message.hpp"
#include "tests/programs/operations_client.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"

#include <random>

using namespace suivi;
using namespace suivi::test;

namespace {

const std::vector<std::pair<std::string, std::string>> everything{{"GET", "webhooks/events"},
                                                                  {"GET", "webhooks/stats"},
                                                                  {"POST", "webhooks/events/1/retry"},
                                                                  {"DELETE", "webhooks/events/1"},
                                                                  {"POST", "webhooks/replay"},
                                                                  {"GET", "coverage"},
                                                                  {"GET", "orders/R1"},
                                                                  {"GET", "sweeps"},
                                                                  {"GET", "sweeps/1"},
                                                                  {"POST", "sweeps"},
                                                                  {"GET", "accounts"},
                                                                  {"POST", "accounts/example-a/test"},
                                                                  {"GET", "scheduler/status"},
                                                                  {"POST", "scheduler/trigger/shipping"},
                                                                  {"GET", "stream"}};

// 400, and the message begins with the name of what is wrong.
void check_refused(const reply& got, const std::string& name) {
  CAPTURE(got.body);
  CHECK(got.status == 400);
  CHECK(is_error(got));
  CHECK(std::string(got.at("/error/message").as_string()).starts_with(name));
}

std::int64_t total(const operations_client& s, const std::string& query) {
  return s.get_json("webhooks/events?" + query).at_pointer("/pagination/totalCount").as_int64();
}

// Not decodable: as text, what is no UTF-8 as U+FFFD, at most 64 KiB, and masked as far as names can be told.
void check_undecodable(operations_client& s) {
  (void)s.push_raw("customer_phone=0550222222&note=\xff&status=31&address=Hidden Four");
  auto form = s.get_json("webhooks/events").at_pointer("/events/0");
  CHECK(form.at("payload") == "customer_phone=***&note=***&status=31&address=***");
  CHECK(form.at("eventType").is_null());
  CHECK(form.at("messageId").is_null());
  CHECK(form.at("order").is_null());
  CHECK(form.at("processed") == false);
  CHECK(form.at("outcome") == "quarantined");
  CHECK(form.at("error").is_string());
  (void)s.push_raw(R"({"payload":"{\"customer_name\":\"Hidden Five\",\"id\":"})");
  (void)s.push_raw("{" + std::string(100'000, 'x'));
  auto quarantined = s.get_json("webhooks/events?outcome=quarantined");
  CHECK(quarantined.at_pointer("/events/0/payload") == "{***");
}

// Of eleven events.
void check_pages(const operations_client& s) {
  std::set<std::string> found_ids;
  std::string newest_before = "9";
  for (int page = 1; page <= 4; ++page) {
    auto data = s.get_json("webhooks/events?limit=3&page=" + std::to_string(page));
    for (const auto& e : data.at("events").as_array()) {
      found_ids.emplace(e.at("id").as_string());
      std::string at(e.at("createdAt").as_string());
      CHECK(at <= newest_before);
      newest_before = at;
    }
    CHECK(text(data.at("pagination")) == R"({"currentPage":)" + std::to_string(page) +
                                             R"(,"totalPages":4,"totalCount":11,"limit":3,"hasNext":)" +
                                             (page < 4 ? "true" : "false") + R"(,"hasPrev":)" +
                                             (page > 1 ? "true" : "false") + "}");
  }
  CHECK(found_ids.size() == 11);
  CHECK(s.get_json("webhooks/events?page=5&limit=3").at("events").as_array().empty());
  CHECK(text(s.get_json("webhooks/events").at_pointer("/pagination/limit")) == "25");
  CHECK(s.get_json("webhooks/events?limit=1").at("events").as_array().size() == 1);
  CHECK(s.get_json("webhooks/events?limit=1000").at("events").as_array().size() == 11);
}

void check_outcomes(const operations_client& s) {
  for (const auto& [name, wanted] : std::map<std::string, std::int64_t>{{"applied", 7},
                                                                        {"unchanged", 1},
                                                                        {"stale", 0},
                                                                        {"pending", 0},
                                                                        {"parked", 1},
                                                                        {"confirming", 0},
                                                                        {"conflict", 0},
                                                                        {"failed", 0},
                                                                        {"ignored", 1},
                                                                        {"quarantined", 1}}) {
    CAPTURE(name);
    CHECK(total(s, "outcome=" + name) == wanted);
    bool processed = name == "applied" || name == "unchanged" || name == "stale" || name == "ignored";
    CHECK(total(s, "outcome=" + name + "&processed=" + (processed ? "true" : "false")) == wanted);
    CHECK(total(s, "outcome=" + name + "&processed=" + (processed ? "false" : "true")) == 0);
  }
}

void check_bodies_are_refused(operations_client& s) {
  for (const auto& [body, name] :
       std::vector<std::pair<std::string, std::string>>{{"{", "body"},
                                                        {"[]", "body"},
                                                        {R"({"since":1})", "since"},
                                                        {R"({"until":"soon"})", "until"},
                                                        {R"({"ids":"1"})", "ids"},
                                                        {R"({"outcome":"good"})", "outcome"},
                                                        {R"({"account":7})", "account"},
                                                        {R"({"dryRun":"yes"})", "dryRun"},
                                                        {R"({"dry":true})", "dry"}})
    check_refused(s.operate("POST", "webhooks/replay", body), name);
  for (const auto& [body, name] :
       std::vector<std::pair<std::string, std::string>>{{"{", "body"},
                                                        {"7", "body"},
                                                        {R"({"kind":"quick"})", "kind"},
                                                        {R"({"account":7})", "account"},
                                                        {R"({"acount":"a"})", "body"}})
    check_refused(s.operate("POST", "sweeps", body), name);
}

void check_ids_of_nothing(operations_client& s) {
  for (const char* id : {"0", "1", "-1", "abc", "9223372036854775807", "9223372036854775808", "1%00", "%ff",
                         "1%2F2", "null", " "}) {
    CAPTURE(id);
    auto segment = std::string(id) == " " ? "%20" : std::string(id);
    CHECK(s.operate("POST", "webhooks/events/" + segment + "/retry").status == 404);
    CHECK(s.operate("DELETE", "webhooks/events/" + segment).status == 404);
    CHECK(s.operate("GET", "sweeps/" + segment).status == 404);
    CHECK(s.operate("GET", "orders/" + segment).status == 404);
    CHECK(s.operate("POST", "accounts/" + segment + "/test").status == 404);
  }
}

// An account or an event that nobody knows is no list of nothing.
void check_who_is_unknown(operations_client& s) {
  for (const char* list : {"webhooks/events", "webhooks/events?after=", "sweeps", "sweeps?fold=true",
                           "orders", "orders?view=untracked", "series?name=webhooks&period=24h"}) {
    CAPTURE(list);
    std::string query = std::string(list).find('?') == std::string::npos ? "?" : "&";
    auto nobody = s.operate("GET", list + query + "account=nobody");
    CHECK(nobody.status == 404);
    CHECK(is_error(nobody));
    CHECK(s.operate("GET", list + query + "account=example-a").status == 200);
  }
  for (const char* body : {R"({"account":"nobody"})", R"({"ids":["none"]})", R"({"ids":["999999"]})"})
    CHECK(s.operate("POST", "webhooks/replay", body).status == 404);
}

const std::vector<std::string> keys{"page",    "limit",     "source", "processed", "eventType",
                                    "outcome", "reference", "since",  "until",     "period"};
const std::vector<std::string> values{"",
                                      "0",
                                      "1",
                                      "24h",
                                      "applied",
                                      "true",
                                      "%00",
                                      "%ff",
                                      "'",
                                      "%22",
                                      "2026-01-01",
                                      "0001-01-01T00:00:00Z",
                                      "-1",
                                      "1e9",
                                      "+",
                                      "=",
                                      "R1",
                                      "ECOMANAGER",
                                      "9999-12-31T23:59:59.999999Z",
                                      "36500d",
                                      "1000",
                                      "%F0%9F%9A%9A",
                                      "%5C",
                                      "1000000000"};

} // namespace

TEST_CASE(
    "each address of the operations API wants the token and without one in the settings there is none") {
  operations_client s;
  for (const auto& [method, path] : everything) {
    CAPTURE(path);
    for (const char* token : {"", "example-wrong", "example-admin2"}) {
      auto got = ask(method, s.base + "/api/v1/" + path, token);
      CHECK(got.status == 401);
      CHECK(is_error(got));
      CHECK(got.at("/error/code") == "UNAUTHORIZED");
      CHECK(got.header("Content-Type") == "application/json");
      CHECK(got.header("WWW-Authenticate") == "Bearer");
    }
    auto wrong = s.operate("PATCH", path);
    CHECK(wrong.status == 405);
    CHECK(wrong.header("Allow").find(method) != std::string::npos);
    auto options = s.operate("OPTIONS", path);
    CHECK(options.status == 204);
    CHECK(options.header("Allow").find(method) != std::string::npos);
    if (method == "GET") CHECK(s.operate("HEAD", path).status == (path == "sweeps/1" ? 404 : 200));
  }
  CHECK(s.operate("GET", "nothing").status == 404);
  s.restart_with("SUIVI_ADMIN_TOKEN", "");
  for (const auto& [method, path] : everything) {
    auto got = ask(method, s.base + "/api/v1/" + path, "example-admin");
    CHECK(got.status == 404);
    CHECK(is_error(got));
  }
}

TEST_CASE("an event has every member of its type and nothing of a customer's") {
  operations_client s;
  auto before = s.db.value("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI')");
  auto known =
      s.push_raw(R"({"message":{"messageId":"m-1","publishTime":"2026-01-01T00:00:00Z","data":")"
                 "eyJldmVudCI6Ik9yZGVyU3RhdHVzQ2hhbmdlZCIsInBheWxvYWQiOnsiaWQiOiJ1MSIsInN0YXR1cyI6MzEsImV4dGV"
                 "ybmFsX29yZGVyX2lkIjoi"
                 "UjEiLCJjdXN0b21lcl9uYW1lIjoiSGlkZGVuIE9uZSIsIkN1c3RvbWVyX1Bob25lIjoiMDU1MDExMTExMSIsImxpc3Q"
                 "iOlt7ImFkZHJlc3MiOiJI"
                 "aWRkZW4gVHdvIiwiZGVzdGluYXRpb25fdGV4dCI6eyJhIjoiSGlkZGVuIFRocmVlIn0sIm9rIjoxfV19fQ==\"}}");
  auto id = std::string(known.at("id").as_string());
  s.await(id, "applied");
  auto events = s.get_json("webhooks/events").at("events");
  REQUIRE(events.as_array().size() == 1);
  const auto& e = events.as_array()[0];
  CHECK(names(e) == std::set<std::string>{"id", "messageId", "source", "eventType", "payload", "processed",
                                          "outcome", "error", "createdAt", "order"});
  CHECK(e.at("id").as_string() == id);
  CHECK(e.at("messageId") == "m-1");
  CHECK(e.at("source") == "MAYSTRO");
  CHECK(e.at("eventType") == "OrderStatusChanged");
  CHECK(
      text(e.at("payload")) ==
      R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":31,"external_order_id":"R1",)"
      R"("customer_name":"***","Customer_Phone":"***","list":[{"address":"***","destination_text":"***","ok":1}]}})");
  CHECK(e.at("processed") == true);
  CHECK(e.at("outcome") == "applied");
  CHECK(e.at("error").is_null());
  CHECK(std::string(e.at("createdAt").as_string()).substr(0, 13) == before.substr(0, 13));
  CHECK(e.at("createdAt").as_string().ends_with("Z"));
  CHECK(text(e.at("order")) ==
        R"({"id":"o1","reference":"R1","status":"PENDING","shippingStatus":"EXPÉDIÉ"})");

  check_undecodable(s);
  auto all = s.operate("GET", "webhooks/events?limit=1000").body;
  CHECK(all.find("Hidden") == std::string::npos);
  CHECK(all.find("0550") == std::string::npos);
  CHECK(s.db.number("select count(*) from suivi.inbox where raw like '%Hidden%'") ==
        2); // the stored bytes stay whole
}

TEST_CASE("filters and pages of events fit together and pagination adds up") {
  operations_client s;
  for (int n = 1; n <= 7; ++n) s.await(s.push("R" + std::to_string(n), 31), "applied");
  s.await(s.push("R1", 31, R"(,"delivered_at":null)"), "unchanged");
  s.await(s.push("S/é 1", 31), "parked");
  (void)s.push_raw("{");
  (void)s.push_raw(R"({"event":"InventoryMovement","product":"p","quantity":1})");
  CHECK(total(s, "") == 11);
  CHECK(total(s, "processed=true") == 9);
  CHECK(total(s, "processed=false") == 2);
  check_outcomes(s);
  CHECK(total(s, "eventType=InventoryMovement") == 1);
  CHECK(total(s, "source=MAYSTRO") == 11);
  CHECK(total(s, "source=ECOMANAGER") == 0);
  CHECK(total(s, "reference=R1") == 2);
  CHECK(total(s, "reference=" + http::percent_encode("S/é 1")) == 1);
  CHECK(total(s, "since=24h") == 11);
  CHECK(total(s, "until=24h") == 0);
  CHECK(total(s, "since=2000-01-01T00:00:00Z&until=2000-01-02T00:00:00%2B01:00") == 0);
  CHECK(total(s, "since=2000-01-01T00:00:00") == 11);
  CHECK(total(s, "since=36500d") == 11);
  CHECK(total(s, "since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z") == 11);

  check_pages(s);
  auto stats = s.get_json("webhooks/stats");
  CHECK(
      text(stats) ==
      R"({"totalEvents":11,"processedEvents":9,"failedEvents":1,"successRate":82,)"
      R"("eventsByType":[{"eventType":"OrderStatusChanged","count":9},{"eventType":null,"count":1},)"
      R"({"eventType":"InventoryMovement","count":1}],)"
      R"("eventsByOutcome":[{"outcome":"applied","count":7},{"outcome":"ignored","count":1},)"
      R"({"outcome":"parked","count":1},{"outcome":"quarantined","count":1},{"outcome":"unchanged","count":1}],)"
      R"("period":"24h"})");
  for (const char* period : {"7d", "30d"})
    CHECK(s.get_json("webhooks/stats?period=" + std::string(period)).at("period") == period);
}

TEST_CASE("what means nothing is 400 and named, and what is unknown is 404") {
  operations_client s;
  auto refused = [&](const std::string& query, const std::string& name) {
    CAPTURE(query);
    check_refused(s.operate("GET", "webhooks/events?" + query), name);
  };
  for (const char* limit : {"0", "1001", "-1", "abc", "1.5", "", "99999999999999999999"}) {
    refused("limit=" + std::string(limit), "limit");
    CHECK(s.operate("GET", "sweeps?limit=" + std::string(limit)).status == 400);
  }
  for (const char* page : {"0", "-1", "abc", "99999999999999999999"})
    refused("page=" + std::string(page), "page");
  for (const char* when :
       {"yesterday", "24", "-24h", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "h", "99999999999d"}) {
    refused("since=" + std::string(when), "since");
    refused("until=" + std::string(when), "until");
  }
  refused("source=SHOPIFY", "source");
  refused("processed=maybe", "processed");
  refused("outcome=good", "outcome");
  refused("eventType=%00", "eventType");
  refused("reference=%ff", "reference");
  check_refused(s.operate("GET", "webhooks/stats?period=1h"), "period");
  CHECK(s.operate("GET", "webhooks/events?limit=abc").at("/error/message") ==
        R"(limit must be a whole number from 1 to 1000, not "abc")");
  check_bodies_are_refused(s);
  check_ids_of_nothing(s);
  check_who_is_unknown(s);
}

TEST_CASE("three hundred queries of any parts are answered 200 or 400, never 500") {
  operations_client s;
  std::mt19937 random(7);
  auto any = [&](const auto& of) { return of[random() % of.size()]; };
  for (int i = 0; i < 300; ++i) {
    std::string query;
    for (auto n = random() % 4; n > 0; --n) query += any(keys) + "=" + any(values) + "&";
    const char* where = any(std::vector<const char*>{"webhooks/events?", "webhooks/stats?", "sweeps?"});
    auto got = s.operate("GET", where + query);
    CAPTURE(where + query);
    CHECK((got.status == 200 || got.status == 400));
    if (got.status == 400) CHECK(is_error(got));
  }
}

TEST_CASE("a retry says what really became of the event and unknown is unknown") {
  operations_client s;
  auto retried = [&](const std::string& id) {
    auto got = s.operate("POST", "webhooks/events/" + id + "/retry");
    CHECK(got.status == 200);
    CHECK(got.at("/message").is_string());
    return text(got.at("/success")) + " " + text(got.at("/data"));
  };
  auto applied = s.push("R1", 31);
  s.await(applied, "applied");
  CHECK(retried(applied) == R"(true {"outcome":"unchanged","orderId":"o1"})");
  s.db.execute(R"(update orders set "shippingStatus" = 'by hand' where "id" = 'o1')");
  CHECK(retried(applied) == R"(true {"outcome":"applied","orderId":"o1"})");
  auto parked = s.push("S1", 31);
  s.await(parked, "parked");
  CHECK(retried(parked) == R"(false {"outcome":"parked"})");
  CHECK(retried(std::string(s.push_raw("{").at("id").as_string())) == R"(false {"outcome":"quarantined"})");
  add_order(s.db, "late", "S1", "'example-a'");
  CHECK(retried(parked) == R"(true {"outcome":"applied","orderId":"late"})");
  auto foreign = std::string(
      s.push_raw(R"({"event":"x","payload":{"id":"u2","status":31,"external_order_id":"R2"}})", "nobody")
          .at("id")
          .as_string());
  s.await(foreign, "conflict");
  CHECK(retried(foreign) == R"(false {"outcome":"conflict"})");
}

TEST_CASE("a deleted event is gone, its repetition is a duplicate that changes nothing, and what is under "
          "way stays") {
  operations_client s("example-a:example-key-1:Main,example-b:example-key-2:Second");
  auto body = R"({"event":"x","payload":{"id":"u1","status":31,"external_order_id":"R1"}})";
  auto id = std::string(s.push_raw(body).at("id").as_string());
  s.await(id, "applied");
  auto gone = s.operate("DELETE", "webhooks/events/" + id);
  CHECK(gone.status == 200);
  CHECK(gone.at("/success") == true);
  CHECK(s.operate("DELETE", "webhooks/events/" + id).status == 404);
  CHECK(s.operate("POST", "webhooks/events/" + id + "/retry").status == 404);
  CHECK(total(s, "") == 0);
  s.db.execute(R"(update orders set "shippingStatus" = 'by hand')");
  auto again = s.push_raw(body);
  CHECK(again.at("outcome") == "duplicate");
  CHECK(again.at("id").as_string() == id);

  // Of which of the two accounts it is the courier would have to say, and he does not.
  s.courier_set(R"({"fail":1.0,"fail_kinds":["html"]})");
  auto proved = std::string(
      s.push_raw(R"({"event":"x","payload":{"id":"u3","status":31,"external_order_id":"R3"}})", "")
          .at("id")
          .as_string());
  s.await(proved, "confirming");
  CHECK(s.operate("DELETE", "webhooks/events/" + proved).status == 409);
  run([&]() -> task<void> {
    auto locker = co_await connected(s.db.options());
    auto locked = co_await locker.run_script(R"(begin; select from orders where "id" = 'o4' for update)");
    REQUIRE(locked);
    auto waiting = s.push("R4", 31);
    auto refused = s.operate("DELETE", "webhooks/events/" + waiting);
    CHECK(refused.status == 409);
    CHECK(is_error(refused));
    auto freed = co_await locker.run_script("rollback");
    CHECK((freed || !locker.alive()));
    s.await(waiting, "applied");
  });
  CHECK(s.db.value(R"(select "shippingStatus" from orders where "id" = 'o1')") == "by hand");
}
