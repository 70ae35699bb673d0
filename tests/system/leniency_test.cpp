// Webhooks as careless senders send them: packed, as forms, as lists of one, under an account that is not
// there yet, with blanks around the reference; and requests that are none.
#include "common/crypto/crypto.hpp"
#include "tests/programs/webhook_sender.hpp"
#include "tests/support/builders.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <csignal>
#include <fstream>

using namespace suivi::test;
using namespace std::string_literals;
namespace json = boost::json;

namespace {

constexpr const char* token = "Authorization: Bearer example-token\r\n";

// Two accounts; orders R1 … R40 of acc-1.
const std::string shop = customer_sql() + R"(
  insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
  select a, a, "id", '{"apiKey": "example-key-1"}', now() from shipping_companies, unnest(array['acc-1', 'acc-2']) a
  where "slug" = 'maystro';
)" + orders_sql("o", "R", 1, 40, "'acc-1'");

const environment settings{{"SUIVI_ADMIN_TOKEN", "example-token"}, {"MAYSTRO_API_KEY", ""}};
const std::string address = secret_address + "?account=acc-1";

// `{"event":…}` about order R<n>.
std::string about(int n) {
  auto id = std::to_string(n);
  return R"({"event":"OrderStatusChanged","payload":{"id":"u)" + id +
         R"(","status":31,"external_order_id":"R)" + id + "\"}}";
}

// Events of the orders R18, R19 and R20 and a text of 400,000 bytes, as gzip, zlib, deflate and gzip packed
// them.
const std::string packed_18 =
    "\037\213\010\000\000\000\000\000\002\003\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\206\026\100\321\142\260\052\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\376\170\260\252\040\240\252\332\132\000\106\223\300\243\133\000\000\000"s;
const std::string packed_19 =
    "\170\234\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\206\226\100\321\142\260\052\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\376\170\260\252\040\240\252\332\132\000\217\352\036\147"s;
const std::string packed_20 =
    "\253\126\112\055\113\315\053\121\262\122\362\057\112\111\055\012\056\111\054\051\055\166\316\110\314\113\117\115\121\322\121\052\110\254\314\311\117\114\121\262\252\126\312\004\222\112\245\106\006\100\321\142\260\052\045\053\143\103\035\245\324\212\222\324\242\274\304\234\370\174\220\376\170\260\252\040\240\252\332\132\000"s;
const std::string packed_large =
    "\037\213\010\000\000\000\000\000\002\003\355\301\101\015\000\060\010\004\060\057\047\003\067\163\101\102\360\076\027\274\332\116\136\052\015\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\007\262\037\006\322\076\212\210\032\006\000"s;

bool shipped(const webhook_sender& r, const std::string& order) {
  return r.db().value(R"(select "shippingStatus" from orders where "id" = ')" + order + "'") == "EXPÉDIÉ";
}

std::string outcome_of(const webhook_sender& r, const std::string& id) {
  auto got = r.ask(request("GET", "/api/v1/webhooks/events?limit=1000", "", token));
  REQUIRE(got.status == 200);
  const json::value answer = json::parse(got.body);
  for (const auto& event : answer.at("data").at("events").as_array())
    if (event.at("id").as_string() == id) return std::string(event.at("outcome").as_string());
  return "";
}

std::string id_of(const raw_answer& got) {
  return std::string(json::parse(got.body).at("id").as_string());
}

std::string encoded(const std::string& text) {
  std::string out;
  for (char c : text) {
    bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned char>(c));
    out += plain ? std::string(1, c) : std::string(escaped);
  }
  return out;
}

} // namespace

TEST_CASE("packed bodies, forms and lists of one event are applied") {
  webhook_sender r(settings, shop);
  auto in_base64 = [](const std::string& bytes) { return suivi::crypto::base64_encode(bytes); };
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  struct sent {
    int order;
    std::string body, headers;
  };
  for (const auto& [order, body, headers] : std::vector<sent>{
           {18, packed_18, "Content-Encoding: gzip\r\n"},
           {19, packed_19, "Content-Encoding: deflate\r\n"},
           {20, packed_20, "Content-Encoding: deflate\r\n"},
           {1, "payload=" + encoded(about(1)), form},
           {2, "data=" + encoded(in_base64(about(2))), form},
           {3, "data=" + in_base64(about(3)) + "&x=1", form},
           {4,
            "event=OrderStatusChanged&payload=" +
                encoded(R"({"id":"u4","status":31,"external_order_id":"R4"})"),
            form},
           {5, "[" + about(5) + "]", ""},
           {6, "[" + json::serialize(json::string(about(6))) + "]", ""},
           {7, R"({"payload":")" + in_base64("[" + about(7) + "]") + "\"}", ""},
           {8, in_base64("payload=" + encoded(about(8))), ""},
       }) {
    CAPTURE(order);
    CHECK(r.push(address, body, headers).status == 200);
    wait_until("the order", [&] { return shipped(r, "o" + std::to_string(order)); });
  }
  CHECK(r.db().number("select count(*) from suivi.inbox where get_byte(raw, 0) = 31") ==
        1); // kept as received
  auto listed = r.ask(request("GET", "/api/v1/webhooks/events?limit=1000", "", token)).body;
  CHECK(contains(listed, R"("external_order_id":"R18")"));
  CHECK(contains(listed, R"("external_order_id":"R20")"));

  CHECK(r.push(address, packed_large, "Content-Encoding: gzip\r\n").status == 413); // once unpacked
  CHECK(r.push(address, packed_18.substr(0, 40), "Content-Encoding: gzip\r\n").status == 202);
  CHECK(r.push(address, "[" + about(9) + "," + about(10) + "]").status == 202);
  CHECK(r.push(address, "[]").status == 202);
  CHECK(r.push(address, "payload=", form).status == 202);
}

TEST_CASE("JSON with too many values or members is kept aside, soon") {
  webhook_sender r(settings, shop);
  auto many = [](int n, bool names) {
    std::string inside;
    for (int i = 0; i < n; ++i)
      inside += (i > 0 ? "," : "") + (names ? "\"k" + std::to_string(i) + "\":1" : "1"s);
    return R"({"id":"u1","status":31,"external_order_id":"R1","more":)" +
           (names ? "{" + inside + "}" : "[" + inside + "]") + "}";
  };
  CHECK(r.push(address, many(1'000, true)).status == 200);
  CHECK(r.push(address, many(1'001, true)).status == 202);
  CHECK(r.push(address, many(19'990, false)).status == 200);
  CHECK(r.push(address, many(20'001, false)).status == 202);
}

TEST_CASE("an event first sent under an unknown account is applied once it comes under its own") {
  webhook_sender r(settings, shop);
  auto body = [](int n) {
    return R"({"message":{"messageId":"m-)" + std::to_string(n) + R"(","data":)" + about(n) + "}}";
  };
  auto first = r.push(secret_address + "?account=nobody", body(1));
  CHECK(first.status == 200);
  wait_until("its end", [&] { return outcome_of(r, id_of(first)) == "conflict"; });
  auto again = r.push(address, body(1));
  CHECK(json::parse(again.body).at("outcome") == "duplicate");
  CHECK(id_of(again) == id_of(first));
  wait_until("the order", [&] { return shipped(r, "o1"); });
  wait_until("its end", [&] { return outcome_of(r, id_of(first)) == "applied"; });

  // At once, while the first one is not settled yet, and without message id.
  auto early = r.push(secret_address + "?account=nobody", about(2));
  (void)r.push(address, about(2));
  wait_until("the order", [&] { return shipped(r, "o2"); });
  wait_until("its end", [&] { return outcome_of(r, id_of(early)) == "applied"; });

  // Whose it is once, it stays.
  auto known = r.push(address, about(3));
  wait_until("its end", [&] { return outcome_of(r, id_of(known)) == "applied"; });
  (void)r.push(secret_address + "?account=acc-2", about(3));
  (void)r.push(secret_address + "?account=nobody", about(3));
  pause_briefly();
  CHECK(outcome_of(r, id_of(known)) == "applied");
  CHECK(r.db().value("select account from suivi.inbox where id = " + id_of(known)) == "acc-1");
}

TEST_CASE("an account's name with NUL in it is that of nobody") {
  webhook_sender r(settings, shop);
  for (const char* name : {"acc%00-1", "acc-1%00", "%00", "acc-1%FF"}) {
    CAPTURE(name);
    auto got = r.push(secret_address + "?account=" + name,
                      R"({"n":")" + std::string(name) + R"(","p":)" + about(1) + "}");
    CHECK(got.status < 300);
  }
  auto got = r.push(secret_address + "?account=acc-1%00", about(1));
  CHECK(got.status == 200);
  wait_until("its end", [&] { return outcome_of(r, id_of(got)) == "conflict"; });
  CHECK_FALSE(shipped(r, "o1"));
}

TEST_CASE(
    "a reference with blanks around it is that of the order without them, unless there is one with them") {
  webhook_sender r(settings, shop);
  add_order(r.db(), "blank", " R2");
  auto with = [](const std::string& id, const std::string& reference) {
    return R"({"id":")" + id + R"(","status":31,"external_order_id":)" +
           json::serialize(json::string(reference)) + "}";
  };
  CHECK(r.push(address, with("p1", " R1\t")).status == 200);
  wait_until("the order", [&] { return shipped(r, "o1"); });
  CHECK(r.push(address, with("p2", " R2")).status == 200);
  wait_until("the order", [&] { return shipped(r, "blank"); });
  CHECK_FALSE(shipped(r, "o2"));
  // Again, by its number alone: the link holds.
  CHECK(r.push(address, R"({"id":"p1","status":41})").status == 200);
  wait_until("the order", [&] {
    return r.db().value(R"(select "shippingStatus" from orders where "id" = 'o1')") != "EXPÉDIÉ";
  });
  // Parked, and woken when its order appears.
  CHECK(r.push(address, with("p3", " late ")).status == 200);
  add_order(r.db(), "late", "late");
  wait_until("the order", [&] { return shipped(r, "late"); });
}

TEST_CASE("a request without Host or with two, or with a bad escape in its query, is malformed") {
  webhook_sender r(settings, shop);
  auto plain = [&](const std::string& version, const std::string& headers) {
    return r
        .ask("POST " + address + " " + version + "\r\n" + headers +
             "Content-Length: " + std::to_string(about(1).size()) + "\r\n\r\n" + about(1))
        .status;
  };
  CHECK(plain("HTTP/1.1", "") == 400);
  CHECK(plain("HTTP/1.1", "Host: a\r\nHost: a\r\n") == 400);
  CHECK(plain("HTTP/1.0", "Host: a\r\nHost: b\r\n") == 400);
  CHECK(r.stored() == 0);
  CHECK(plain("HTTP/1.1", "Host: a\r\n") == 200);
  CHECK(plain("HTTP/1.0", "") == 200);
  for (const std::string& target :
       {secret_address + "?account=%", secret_address + "?x=%zz", "/api/v1/webhooks/maystro?secret=%1"s,
        "/healthz?%"s, "/api/v1/webhooks/events?since=%"s}) {
    CAPTURE(target);
    bool get = !contains(target, "maystro");
    CHECK(r.ask(request(get ? "GET" : "POST", target, get ? "" : about(2), token)).status == 400);
  }
  CHECK(r.ask(request("POST", "/webhooks/maystro/%zz", about(2))).status == 404);
}

TEST_CASE("times before any webhook select all there is") {
  webhook_sender r(settings, shop);
  auto got = r.push(address, about(1));
  wait_until("its end", [&] { return outcome_of(r, id_of(got)) == "applied"; });
  for (const char* since : {"0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z"}) {
    CAPTURE(since);
    auto listed = r.ask(request("GET", "/api/v1/webhooks/events?since="s + since, "", token));
    CHECK((listed.status == 200 || listed.status == 400));
    auto replayed = r.ask(
        request("POST", "/api/v1/webhooks/replay", R"({"outcome":"all","since":")"s + since + "\"}", token));
    CHECK((replayed.status == 200 || replayed.status == 400));
    auto until = r.ask(request("GET", "/api/v1/webhooks/events?until="s + since, "", token));
    CHECK((until.status == 200 || until.status == 400));
  }
  auto all = r.ask(request("GET", "/api/v1/webhooks/events?since=0001-01-01T00:00:00Z", "", token));
  REQUIRE(all.status == 200);
  CHECK(json::parse(all.body).at("data").at("pagination").at("totalCount") == 1);
}

TEST_CASE("a replay refuses an account that is not there and takes lists and answers as files") {
  webhook_sender r(settings, shop);
  environment all = settings;
  all["DATABASE_URL"] = r.db().url();
  all["MAYSTRO_BASE_URL"] = "http://127.0.0.1:1";
  all.erase("MAYSTRO_API_KEY");
  auto replay = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"replay", "--json"});
    return run_program("suivi-receiver", more, all);
  };
  auto unknown = replay({"--account", "no-such"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.log, "acc-1, acc-2"));
  wait_until("the accounts", [&] { return contains(r.process->log(), "accounts were read"); });
  CHECK(r.ask(request("POST", "/api/v1/webhooks/replay", R"({"account":"no-such"})", token)).status == 404);

  auto file = r.process->folder() / "events.json";
  auto write = [&](const std::string& text) {
    std::ofstream(file, std::ios::trunc) << text;
    return replay({"--file", file.string(), "--account", "acc-1"});
  };
  auto applied = [](const finished& done) { return json::parse(done.output).at("applied").as_int64(); };
  auto dated = [](int n) {
    return R"({"createdAt":"2026-01-31T09:30:00Z","event":"x","payload":{"id":"u)" + std::to_string(n) +
           R"(","status":31,"external_order_id":"R)" + std::to_string(n) + "\"}}";
  };
  CHECK(applied(write("[" + dated(1) + "," + dated(2) + "]")) == 2);
  CHECK(applied(write("[\n  " + dated(3) + ",\n  " + dated(4) + "\n]\n")) == 2);
  CHECK(applied(write(R"({"success":true,"data":{"events":[)" + dated(5) + "," + dated(6) +
                      R"(],"pagination":{}}})")) == 2);
  CHECK(applied(write("{\n\"success\": true,\n\"data\": {\"events\": [\n" + dated(7) + "\n]}\n}\n")) == 1);
  auto printed = r.ask(request("GET", "/api/v1/webhooks/events", "", token));
  CHECK(json::parse(write(printed.body).output).at("selected") == 0);
  CHECK(applied(write("{\"broken\":\n" + dated(8) + "\n" + dated(9) + "\n")) == 2);
  CHECK(applied(write(dated(10) + "\n" + dated(11) + "\n")) == 2);
}
