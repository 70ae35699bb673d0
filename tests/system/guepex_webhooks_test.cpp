// Guepex's webhooks through real sockets at the real program.
#include "common/crypto/hmac.hpp"
#include "tests/programs/webhook_sender.hpp"

using namespace suivi::test;

namespace {

const std::string shop_with_accounts = R"sql(
insert into shipping_companies ("id", "name", "slug", "updatedAt") values ('c-g', 'Guepex Express', 'Guepex', now());
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt") values
  ('g', 'Guepex', 'c-g', '{"apiId":"id-1","apiToken":"example-key","webhookSecret":"example-signing"}', now());
insert into customers ("id", "name", "phone", "updatedAt") values ('k1', 'nobody', '0', now());
insert into orders ("id", "reference", "customerId", "total", "updatedAt", "shippingAccountId")
values ('o-1', 'R1', 'k1', 1, now(), 'g'), ('o-2', 'R2', 'k1', 1, now(), 'g');
)sql";

std::string one(const std::string& id, const std::string& tracking, const std::string& status,
                const std::string& reference) {
  return R"({"event_id":")" + id + R"(","occurred_at":"2026-01-31 12:00:00","data":{"tracking":")" +
         tracking + R"(","status":")" + status + R"(","order_id":")" + reference + "\"}}";
}

std::string delivery(const std::string& elements, const std::string& type = "parcel_status_updated") {
  return R"({"type":")" + type + R"(","events":[)" + elements + "]}";
}

std::string signature_of(const std::string& body, const std::string& key = "example-signing") {
  auto made = suivi::crypto::hmac_sha256(key, body);
  return "X-YALIDINE-SIGNATURE: sha256=" +
         suivi::crypto::hex({reinterpret_cast<const char*>(made.data()), made.size()}) + "\r\n";
}

const std::string address = "/webhooks/guepex/example-secret";

struct guepex_sender : webhook_sender {
  guepex_sender() : webhook_sender({{"MAYSTRO_API_KEY", ""}}, shop_with_accounts) {}

  raw_answer ask(const std::string& method, const std::string& target, const std::string& body = "",
                 const std::string& headers = "") {
    raw_peer peer(port);
    peer.send(request(method, target, body, headers));
    return peer.read();
  }
  raw_answer deliver(const std::string& body, const std::string& target = address) {
    return ask("POST", target, body, signature_of(body));
  }
};

} // namespace

TEST_CASE("several signed events of one POST are stored, applied and answered in their order") {
  guepex_sender r;
  std::string body =
      delivery(one("e1", "yal-1", "Livré", "R1") + "," + one("e2", "yal-2", "Centre", "R2") + ",7");
  auto got = r.deliver(body);
  CAPTURE(got.body);
  CHECK(got.status == 200);
  CHECK(contains(got.body, R"({"success":true,"events":[{"id":")"));
  CHECK(contains(got.body, R"("outcome":"stored"},{"id":")"));
  CHECK(contains(got.body, R"("outcome":"quarantined"}]})"));
  wait_until("the orders", [&] {
    return r.db().value("select string_agg(\"shippingStatus\", ',' order by \"id\") from orders") ==
           "LIVRÉ,CENTRE";
  });
  CHECK(r.db().value(R"(select "trackingNumber" from orders where "id" = 'o-1')") == "yal-1");
  CHECK(r.db().value(R"(select "status"::text from orders where "id" = 'o-1')") == "DELIVERED");
  auto again = r.deliver(delivery(one("e1", "yal-1", "Livré", "R1")));
  CHECK(contains(again.body, R"("outcome":"duplicate")"));
}

TEST_CASE("a missing or wrong signature, secret or account keeps nothing") {
  guepex_sender r;
  std::string body = delivery(one("e1", "yal-1", "Livré", "R1"));
  CHECK(r.ask("POST", address, body).status == 401);
  CHECK(r.ask("POST", address, body, signature_of(body, "other")).status == 401);
  CHECK(r.deliver(body, "/webhooks/guepex/wrong").status == 401);
  CHECK(r.deliver(body, address + "?account=unknown").status == 404);
  CHECK(r.deliver(body, address + "?account=g").status == 200);
  auto put = r.ask("PUT", address);
  CHECK(put.status == 405);
  CHECK(contains(put.head, "Allow: GET, POST\r\n"));
  CHECK(r.db().number("select count(*) from suivi.inbox") == 1);
}

TEST_CASE("a challenge comes back, and a token that is none is refused") {
  guepex_sender r;
  auto got = r.ask("GET", address + "?subscribe&crc_token=abc-123");
  CHECK(got.status == 200);
  CHECK(got.body == R"({"crc_token":"abc-123"})");
  CHECK(r.ask("GET", address).status == 400);
  CHECK(r.ask("GET", address + "?crc_token=%0A").status == 400);
  CHECK(r.ask("GET", "/webhooks/guepex/wrong?crc_token=abc").status == 401);
}

TEST_CASE("a body that is not understood is quarantined as a whole and answered 200") {
  guepex_sender r;
  auto got = r.deliver("no json");
  CHECK(got.status == 200);
  CHECK(contains(got.body, R"({"success":false,"id":")"));
  CHECK(contains(got.body, R"("outcome":"quarantined","error":")"));
  CHECK(r.db().number("select count(*) from suivi.inbox where outcome = 'quarantined'") == 1);
}

TEST_CASE("a parcel that is created links its reference, and payments are ignored") {
  guepex_sender r;
  std::string link = R"({"event_id":"e1","data":{"tracking":"yal-1","order_id":"R1"}})";
  CHECK(contains(r.deliver(delivery(link, "parcel_created")).body, "stored"));
  wait_until("the link", [&] {
    return r.db().value(R"(select "trackingNumber" from orders where "id" = 'o-1')") == "yal-1";
  });
  CHECK(
      contains(r.deliver(delivery(one("e2", "yal-1", "x", "R1"), "parcel_payment_updated")).body, "ignored"));
}
