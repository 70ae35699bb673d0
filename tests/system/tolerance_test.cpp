// What comes in by webhook in every shape, through real sockets: applied, ignored, kept aside or known
// already, and gone when its time has passed.
#include "common/crypto/crypto.hpp"
#include "tests/programs/program.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/database.hpp"
#include "tests/support/folder.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <map>
#include <thread>

using namespace suivi::test;
namespace json = boost::json;

namespace {

const std::string token = "Bearer example-token";

void open_shop(const database& db) {
  a_shop(db, 100);
}

struct receiver {
  explicit receiver(const database& db, std::map<std::string, std::string> more = {})
      : process("suivi-receiver", {}, with(db, std::move(more), spool.path())) {
    base = "http://127.0.0.1:" + std::to_string(process.number_from_log("port"));
    wait_until("the database",
               [&] { return http_get(base + "/readyz").body.find(R"("up")") != std::string::npos; });
  }
  std::map<std::string, std::string> with(const database& db, std::map<std::string, std::string> more,
                                          const std::string& kept) {
    more.insert({{"DATABASE_URL", db.url()},
                 {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                 {"SUIVI_ADMIN_TOKEN", "example-token"},
                 {"MAYSTRO_BASE_URL", "http://127.0.0.1:1"},
                 {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                 {"SUIVI_RECEIVER_SPOOL", kept}});
    return more;
  }

  answer push(const std::string& body, const std::string& type = "application/json") const {
    return http_post(base + "/webhooks/maystro/example-secret", body, "", type);
  }
  [[nodiscard]] json::array events(const std::string& query) const {
    auto got = http_get(base + "/api/v1/webhooks/events?limit=1000&" + query, token);
    REQUIRE(got.status == 200);
    auto said = json::parse(got.body);
    return said.at("data").at("events").as_array();
  }
  void end() {
    process.signal(SIGTERM);
    CHECK(process.wait() == 0);
  }

  folder spool;
  program process;
  std::string base;
};

std::string text(const json::value& of, const char* name) {
  const auto* member = of.as_object().if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

// `{"event":…}` about order R<n>, with `fields` beside its status.
std::string about(int n, const std::string& fields = "") {
  auto id = std::to_string(n);
  return R"({"event":"OrderStatusChanged","payload":{"id":"u)" + id +
         R"(","status":31,"external_order_id":"R)" + id + "\"" + fields + "}}";
}

std::string in_base64(const std::string& bytes) {
  return suivi::crypto::base64_encode(bytes);
}

std::string pushed(const std::string& content, const std::string& siblings = "") {
  return R"({"message":{"data":")" + content + "\"" + siblings +
         R"(},"subscription":"projects/p/subscriptions/s"})";
}

bool shipped(const database& db, int n) {
  return db.value(R"(select "shippingStatus" from orders where "id" = 'o)" + std::to_string(n) + "'") ==
         "EXPÉDIÉ";
}

// Bodies about the orders R1, R2, … with their content types.
std::vector<std::pair<std::string, std::string>> wrapped_in_every_way() {
  std::string unpadded = in_base64(about(7));
  while (unpadded.ends_with('=')) unpadded.pop_back();
  for (char& c : unpadded) c = c == '+' ? '-' : c == '/' ? '_' : c;
  std::string lines = in_base64(about(8));
  for (std::size_t at = 60; at < lines.size(); at += 64) lines.insert(at, "\r\n  ");
  return {
      {about(1), "text/plain"},
      {"\xEF\xBB\xBF" + about(2), "application/json; charset=utf-8"},
      {json::serialize(json::string(about(3))), "application/octet-stream"},
      {in_base64(about(4)), "application/x-www-form-urlencoded"},
      {in_base64(in_base64(about(5))), "multipart/form-data"},
      {in_base64(in_base64(in_base64(about(6)))), "image/png"},
      {unpadded, "no type at all"},
      {lines, "text/plain"},
      {pushed(in_base64(about(9))), "application/json"},
      {pushed(in_base64(in_base64(about(10))), R"(,"message_id":10,"publish_time":"2026-01-31T09:30:00Z")"),
       "text/html"},
      {R"({"payload":")" + in_base64(about(11)) + "\"}", "application/json"},
      {R"({"data":)" + json::serialize(json::string(about(12))) + "}", "application/json"},
      {about(13, R"(,"customer_name":"\ud83d\ude00","alert_reason":"a\u0000b")"), "application/json"},
      {about(14, R"(,"abort_reason":21,"alert_reason":null,"alerted_at":"yesterday","created_at":5)"),
       "application/json"},
      {R"({"type":"whatever","order":{"id":12345678901234567890,"status":" 31 ","external_id":"R15"}})",
       "application/json"},
      {R"({"name":"x","external_order_id":"R16","order":{"status":"31"}})", "application/json"},
      {R"({"trigger_type":{"name":"InventoryMovement"},"data":{"external_id":"R17","status_code":31.0}})",
       "application/json"},
  };
}

std::vector<std::string> not_understood() {
  return {
      "",
      "no json",
      "{\"id\":\"u1\",\"status\":31,\"name\":\"\xC3\x28\"}",
      std::string(100'000, '['),
      R"({"id":"u1","status":31,"price":1e999})",
      "[" + about(1) + "," + about(2) + "]",
      "41",
      R"({"event":"OrderStatusChanged","payload":{"status":31}})",
      R"({"event":"OrderStatusChanged","payload":{"id":"u1"}})",
      R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":31.5}})",
      R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":-31}})",
      R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":true}})",
      R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":"EXPEDIE"}})",
      R"({"event":"OrderStatusChanged","payload":{"id":"\ud800","status":31}})",
      R"({"event":"OrderStatusChanged","payload":{"id":"u1","status":31,"customer_name":"\udc00"}})",
      in_base64(in_base64(in_base64(in_base64(about(1))))),
      pushed("%%%", R"(,"messageId":"m-1","publishTime":"2026-01-31T09:30:00Z")"),
  };
}

} // namespace

TEST_CASE("an order's event is applied in whatever wrapping and with whatever texts it comes") {
  database db;
  open_shop(db);
  receiver r(db);
  const std::vector<std::pair<std::string, std::string>> bodies = wrapped_in_every_way();
  for (const auto& [body, type] : bodies) {
    CAPTURE(body);
    auto got = r.push(body, type);
    CHECK(got.status == 200);
    CHECK(text(json::parse(got.body), "outcome") == "stored");
  }
  for (int n = 1; n <= static_cast<int>(bodies.size()); ++n) {
    CAPTURE(n);
    wait_until("order R" + std::to_string(n), [&] { return shipped(db, n); });
  }
  CHECK(db.value(R"(select "alertReason" from orders where "id" = 'o13')") == "ab");
  CHECK(db.value(R"(select concat("abortReason", '|', "alertedAt") from orders where "id" = 'o14')") ==
        "21|");
  CHECK(db.value(R"(select "maystroOrderId" from orders where "id" = 'o15')") == "12345678901234567890");
  CHECK(r.events("outcome=applied").size() == bodies.size());
}

TEST_CASE("what is not understood is kept whole and listed with its reason and a repeat is known") {
  database db;
  open_shop(db);
  receiver r(db);
  const std::vector<std::string> bodies = not_understood();
  std::map<std::string, std::string> error_of, id_of;
  for (const auto& body : bodies) {
    CAPTURE(body);
    auto got = r.push(body);
    CHECK(got.status == 202);
    auto said = json::parse(got.body);
    CHECK_FALSE(said.at("success").as_bool());
    CHECK(text(said, "outcome") == "quarantined");
    CHECK_FALSE(text(said, "error").empty());
    error_of[text(said, "id")] = text(said, "error");
    id_of[body] = text(said, "id");
  }
  CHECK(error_of.size() == bodies.size());
  auto listed = r.events("outcome=quarantined");
  CHECK(listed.size() == bodies.size());
  for (const auto& event : listed) CHECK(text(event, "error") == error_of[text(event, "id")]);
  for (const auto& body : bodies) {
    auto again = r.push(body);
    CHECK(again.status == 200);
    CHECK(text(json::parse(again.body), "outcome") == "duplicate");
    CHECK(text(json::parse(again.body), "id") == id_of[body]);
  }
  CHECK(db.number("select count(*) from suivi.inbox where octet_length(raw) = 100000") == 1);

  auto moved = r.push(R"({"event":"InventoryMovement","payload":{"product_id":"p","quantity":3}})");
  CHECK(moved.status == 200);
  CHECK(text(json::parse(moved.body), "outcome") == "ignored");
  CHECK(r.push(R"({"event":"InventoryMovement","payload":"%%%"})").status == 202);
}

TEST_CASE("of racing duplicates at two receivers one is stored and the others are given its id") {
  database db;
  open_shop(db);
  receiver one(db), two(db);
  std::vector<std::string> bodies{
      about(1),
      pushed(in_base64(about(2)), R"(,"messageId":"m-2")"),
      pushed(in_base64(about(3)), R"(,"publishTime":"2026-01-31T09:30:00Z")"),
      "no json",
  };
  for (const auto& body : bodies) {
    CAPTURE(body);
    std::vector<answer> answers(16);
    std::vector<std::thread> couriers;
    for (std::size_t n = 0; n < answers.size(); ++n)
      couriers.emplace_back([&, n] { answers[n] = (n % 2 == 0 ? one : two).push(body); });
    for (auto& courier : couriers) courier.join();
    std::map<std::string, int> outcomes, ids;
    for (const auto& got : answers) {
      REQUIRE((got.status == 200 || got.status == 202));
      auto said = json::parse(got.body);
      ++outcomes[text(said, "outcome")];
      ++ids[text(said, "id")];
    }
    CHECK(ids.size() == 1);
    CHECK(outcomes["duplicate"] == 15);
    CHECK(outcomes[body == "no json" ? "quarantined" : "stored"] == 1);
  }
  CHECK(db.number("select count(*) from suivi.inbox") == static_cast<int>(bodies.size()));
}

TEST_CASE("an updated receiver applies by itself what an older one had in quarantine") {
  database db;
  open_shop(db);
  {
    receiver older(db);
    CHECK(older.push("no json").status == 202);
    wait_until("its reading", [&] { return db.number("select decoder from suivi.second_reading") > 0; });
    older.end();
  }
  // What an update changes: it reads the bytes, and its number is higher.
  db.execute("update suivi.inbox set raw = convert_to('" + about(1) +
             "', 'UTF8'); update suivi.second_reading set decoder = 0");
  receiver newer(db);
  wait_until("its order", [&] { return shipped(db, 1); });
  wait_until("its outcome", [&] { return newer.events("outcome=applied").size() == 1; });
  CHECK(newer.events("outcome=quarantined").empty());
}

TEST_CASE("a running receiver lets days go that have passed and goes on taking webhooks") {
  database db;
  open_shop(db);
  {
    receiver before(db);
    CHECK(before.push(about(1)).status == 200);
    wait_until("its outcome", [&] { return before.events("outcome=applied").size() == 1; });
    before.end();
  }
  db.execute(R"(do $$
    declare day date := (now() at time zone 'UTC')::date - 3; parent text;
    begin
      foreach parent in array array['inbox', 'event_outcome'] loop
        execute format('create table suivi.%I partition of suivi.%I for values from (%L) to (%L)',
                       parent || '_' || to_char(day, 'YYYYMMDD'), parent, day, day + 1);
        execute format('update suivi.%I set stored_on = %L', parent, day);
      end loop;
      update suivi.inbox_key set stored_on = day;
    end $$)");
  receiver after(db, {{"SUIVI_RETENTION_EVENTS", "1d"}});
  CHECK(after.push(about(2)).status == 200);
  wait_until("the old day's end", [&] { return after.events("").size() == 1; });
  CHECK(db.number("select count(*) from suivi.inbox_key") == 1);
  CHECK(shipped(db, 1)); // the order and its timeline stay
  auto timeline = http_get(after.base + "/api/v1/orders/R1", token);
  CHECK(timeline.body.find("EXPÉDIÉ") != std::string::npos);
  auto again = after.push(about(1));
  CHECK(text(json::parse(again.body), "outcome") == "stored");
}
