// Every row of the table of answers, through a real socket at the real program.
#include "tests/programs/webhook_sender.hpp"

#include <regex>
#include <string>

using namespace suivi::test;
using namespace std::string_literals;

namespace {

// The event's id, after checking that the answer is this one otherwise: `*` stands for the id.
std::string check_answer(const raw_answer& got, unsigned status, const std::string& body) {
  CAPTURE(got.body);
  CHECK(got.status == status);
  CHECK(contains(got.head, "Content-Type: application/json\r\n"));
  auto star = body.find('*');
  if (star == std::string::npos) {
    CHECK(got.body == body);
    return "";
  }
  auto end = got.body.find('"', star);
  REQUIRE(end != std::string::npos);
  CHECK(got.body.substr(0, star) + "*" + got.body.substr(end) == body);
  return got.body.substr(star, end - star);
}

std::string refusal(const std::string& message, const std::string& code) {
  return R"({"success":false,"error":{"message":")" + message + R"(","code":")" + code + "\"}}";
}

const std::string nothing_here = refusal("there is nothing at this address", "NOT_FOUND");
const std::string wrong_secret = refusal("wrong or missing secret", "UNAUTHORIZED");

// Addresses and headers.
const std::vector<std::pair<std::string, std::string>> with_a_wrong_secret{
    {"/webhooks/maystro/example-ne", ""},
    {"/webhooks/maystro/example-new%00", ""},
    {"/webhooks/maystro/EXAMPLE-NEW", ""},
    {"/webhooks/maystro/wrong?secret=example-new", ""},
    {"/webhooks/maystro/wrong", "X-Webhook-Secret: example-new\r\n"},
    {"/api/webhooks/maystro", ""},
    {"/api/webhooks/maystro?secret=", ""},
    {"/api/webhooks/maystro?secret=example-new2", ""},
    {"/api/webhooks/maystro?SECRET=example-new", ""},
    {"/api/webhooks/maystro", "X-Webhook-Secret:\r\n"},
    {"/api/webhooks/maystro", "Authorization: Basic example-new\r\n"},
    {"/api/webhooks/maystro", "Authorization: Bearer\r\n"},
    {"/api/v1/webhooks/maystro", "Authorization: Bearer example-new x\r\n"}};

} // namespace

TEST_CASE("a webhook is stored, its repeat is a duplicate of it, and what concerns no order is ignored") {
  webhook_sender r;
  auto id = check_answer(r.push(secret_address, event("R1")), 200,
                         R"({"success":true,"id":"*","outcome":"stored"})");
  auto same = check_answer(r.push("/api/webhooks/maystro?secret=example-secret", event("R1")), 200,
                           R"({"success":true,"id":"*","outcome":"duplicate"})");
  CHECK(same == id);
  auto other = check_answer(r.push(secret_address, event("R2")), 200,
                            R"({"success":true,"id":"*","outcome":"stored"})");
  CHECK(other != id);
  check_answer(r.push(secret_address, R"({"event":"InventoryMovement","payload":{"id":"m1"}})"), 200,
               R"({"success":true,"id":"*","outcome":"ignored"})");
  CHECK(r.stored() == 3);
}

TEST_CASE("what cannot be understood is kept and answered 202 with the reason") {
  webhook_sender r;
  for (const std::string& body :
       {std::string("not json"), std::string(), std::string("{"), std::string("[]"),
        std::string("{\"event\":\"x\"}"), std::string("\xff\xfe\0", 3),
        R"({"event":"OrderStatusChanged","payload":{"external_order_id":"R1"}})"s}) {
    CAPTURE(body);
    auto got = r.push(secret_address, body);
    CAPTURE(got.body);
    CHECK(got.status == 202);
    CHECK(std::regex_match(
        got.body,
        std::regex(R"re(\{"success":false,"id":"\d+","outcome":"quarantined","error":"[^"]+"\})re")));
  }
  CHECK(r.stored() == 7);
}

TEST_CASE("without the database a webhook is spooled and without a spool it is refused for now") {
  environment away{{"DATABASE_URL", "postgresql://suivi@127.0.0.1:1/shop"}};
  {
    webhook_sender r(away);
    check_answer(r.push(secret_address, event("R1")), 202, R"({"success":true,"outcome":"spooled"})");
  }
  away["SUIVI_RECEIVER_SPOOL"] = "/dev/null/no-folder";
  webhook_sender r(away);
  auto got = r.push(secret_address, event("R1"));
  check_answer(got, 503, refusal("the event cannot be kept now, send it again", "UNAVAILABLE"));
  CHECK(contains(got.head, "Retry-After: 5\r\n"));
}

TEST_CASE("other methods are 405 with what is allowed and other paths are 404, before anybody's rights are "
          "looked at") {
  webhook_sender r({{"SUIVI_RECEIVER_ALLOW_FROM", "192.0.2.0/24"}});
  for (const std::string& address : {"/webhooks/maystro/wrong"s, secret_address, "/api/webhooks/maystro"s,
                                     "/api/v1/webhooks/maystro?secret=x"s})
    for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO"}) {
      CAPTURE(address);
      CAPTURE(method);
      auto got = r.ask(request(method, address));
      CHECK(got.status == 405);
      CHECK(contains(got.head, "Allow: POST\r\n"));
    }
  for (const char* address : {"/healthz", "/readyz", "/metrics"}) {
    CAPTURE(address);
    auto got = r.ask(request("POST", address));
    CHECK(got.status == 405);
    CHECK(contains(got.head, "Allow: GET, HEAD\r\n"));
    CHECK(r.ask(request("GET", address)).status == 200);
    CHECK(r.ask(request("HEAD", address)).status == 200);
  }
  for (const char* address :
       {"/webhooks/maystro", "/webhooks/maystro/", "/webhooks/maystro/example-secret/more", "/api/webhooks",
        "/api/v2/webhooks/maystro", "/webhooks/other/example-secret", "/%zz", "/webhooks/maystro/%",
        "//webhooks/maystro/example-secret"}) {
    CAPTURE(address);
    check_answer(r.push(address, event("R1")), 404, nothing_here);
  }
  CHECK(r.ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status == 404);
  CHECK(r.stored() == 0);
}

TEST_CASE("either of two secrets opens all three addresses however it is given") {
  webhook_sender r({{"MAYSTRO_WEBHOOK_SECRET", "example/old secret%, example-new"}});
  int n = 0;
  auto status = [&](const std::string& target, const std::string& headers = "") {
    return r.push(target, event("R" + std::to_string(++n)), headers).status;
  };
  CHECK(status("/webhooks/maystro/example-new") == 200);
  CHECK(status("/webhooks/maystro/example-new/") == 200);
  CHECK(status("/webhooks/maystro/example%2Fold%20secret%25") == 200);
  CHECK(status("/webhooks/maystro/example%2fold%20secret%25?account=env") == 200);
  for (std::string address : {"/api/webhooks/maystro", "/api/v1/webhooks/maystro", "/api/webhooks/maystro/",
                              "/api/v1/webhooks/maystro/", "http://shop.example/api/v1/webhooks/maystro"}) {
    CAPTURE(address);
    CHECK(status(address + "?secret=example-new") == 200);
    CHECK(status(address + "?account=env&secret=example%2Fold+secret%25") == 200);
    CHECK(status(address, "X-Webhook-Secret: example-new\r\n") == 200);
    CHECK(status(address, "x-webhook-secret: example/old secret%\r\n") == 200);
    CHECK(status(address, "Authorization: Bearer example-new\r\n") == 200);
    CHECK(status(address, "authorization: bearer  example/old secret%\r\n") == 200);
    CHECK(status(address, "X-Webhook-Secret: wrong\r\nAuthorization: Bearer example-new\r\n") == 200);
  }
  auto good = n;
  CHECK(r.stored() == good);
  for (const auto& [target, headers] : with_a_wrong_secret) {
    CAPTURE(target);
    CAPTURE(headers);
    check_answer(r.push(target, event("bad"), headers), 401, wrong_secret);
  }
  CHECK(r.stored() == good);
}

TEST_CASE("an open receiver takes webhooks with any secret or none") {
  webhook_sender r({{"MAYSTRO_WEBHOOK_SECRET", ""}, {"SUIVI_RECEIVER_ALLOW_OPEN", "true"}});
  CHECK(r.push("/webhooks/maystro/anything", event("R1")).status == 200);
  CHECK(r.push("/api/webhooks/maystro", event("R2")).status == 200);
  CHECK(r.push("/api/v1/webhooks/maystro?secret=x", event("R3")).status == 200);
  CHECK(r.stored() == 3);
}

TEST_CASE("the account's name may hold any character") {
  webhook_sender r;
  CHECK(r.push(secret_address + "?account=acc%2F1%20%C3%A9%26", event("R1")).status == 200);
  CHECK(r.push(secret_address + "?account=a+b", event("R2")).status == 200);
  CHECK(r.push(secret_address + "?account=", event("R3")).status == 200);
  CHECK(r.push(secret_address + "?account=%00%ff", event("R4")).status == 200);
  CHECK(r.db().value("select account from suivi.inbox where reference = 'R1'") == "acc/1 \xC3\xA9&");
  CHECK(r.db().value("select account from suivi.inbox where reference = 'R2'") == "a b");
  CHECK(r.stored() == 4);
}

TEST_CASE("pipelined webhooks are answered in order and each is stored") {
  webhook_sender r;
  raw_peer peer(r.port);
  std::string all;
  for (int n = 0; n < 50; ++n) all += request("POST", secret_address, event("R" + std::to_string(n)));
  all += request("POST", "/webhooks/maystro/wrong", event("no")) + request("GET", secret_address) +
         request("POST", secret_address, "not json") + request("GET", "/healthz");
  peer.send(all);
  std::int64_t before = 0;
  for (int n = 0; n < 50; ++n) {
    auto got = peer.read();
    REQUIRE(got.status == 200);
    auto id = std::stoll(got.body.substr(got.body.find("\"id\":\"") + 6));
    CHECK(id > before);
    before = id;
  }
  for (unsigned status : {401, 405, 202, 200}) CHECK(peer.read().status == status);
  CHECK(r.stored() == 51);
}

TEST_CASE("HTTP 1.0 is spoken, with and without keeping the connection") {
  webhook_sender r;
  raw_peer once(r.port);
  auto body = event("R1");
  once.send("POST " + secret_address + " HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body);
  auto got = once.read();
  CHECK(got.status == 200);
  CHECK(got.head.starts_with("HTTP/1.0 200 OK\r\n"));
  CHECK(once.closed_by_server());
  raw_peer kept(r.port);
  for (int n = 2; n < 5; ++n) {
    body = event("R" + std::to_string(n));
    kept.send("POST " + secret_address + " HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(kept.read().status == 200);
  }
  CHECK(r.stored() == 4);
}
