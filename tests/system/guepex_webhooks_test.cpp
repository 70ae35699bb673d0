// Guepex's webhooks through real sockets at the real program.
#include "common/crypto/crypto.hpp"
#include "tests/programs/gated_receiver.hpp"
#include "tests/programs/webhook_sender.hpp"
#include "tests/support/builders.hpp"

using namespace suivi::test;

namespace {

const std::string account_sql = R"sql(
insert into shipping_companies ("id", "name", "slug", "updatedAt") values ('c-g', 'Guepex Express', 'Guepex', now());
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt") values
  ('g', 'Guepex', 'c-g', '{"apiId":"id-1","apiToken":"example-key","webhookSecret":"example-signing"}', now());
)sql";
const std::string shop_with_accounts = customer_sql() + account_sql + orders_sql("o-", "R", 1, 2, "'g'");

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

// As gzip (RFC 1952) that stores instead of packing.
std::string gzipped(const std::string& text) {
  std::uint32_t sum = 0xffffffffU;
  for (char c : text) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? 0xedb88320U : 0U);
  }
  auto number = [](std::uint32_t value, int bytes) {
    std::string written;
    for (int i = 0; i < bytes; ++i) written += static_cast<char>(value >> (8 * i) & 0xffU);
    return written;
  };
  auto length = static_cast<std::uint32_t>(text.size());
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11) + number(length, 2) +
         number(~length & 0xffffU, 2) + text + number(~sum, 4) + number(length, 4);
}

const std::string address = "/webhooks/guepex/example-secret";

struct guepex_sender : webhook_sender {
  guepex_sender()
      : webhook_sender({{"MAYSTRO_API_KEY", ""}, {"SUIVI_ADMIN_TOKEN", "example-token"}},
                       shop_with_accounts) {}

  raw_answer ask(const std::string& method, const std::string& target, const std::string& body = "",
                 const std::string& headers = "") {
    raw_peer peer(port);
    peer.send(request(method, target, body, headers));
    return peer.read();
  }
  raw_answer operate(const std::string& method, const std::string& path) {
    return ask(method, "/api/v1/" + path, "", "Authorization: Bearer example-token\r\n");
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

TEST_CASE("events of an account that a policy may hide are to be sent again, not refused for good") {
  guepex_sender r;
  std::string body = delivery(one("e1", "yal-1", "Livré", "R1"));
  CHECK(r.deliver(body, address + "?account=unknown").status == 404);
  r.db().execute("alter table shipping_accounts enable row level security;"
                 "create policy part on shipping_accounts using (\"id\" <> 'h')");
  wait_until("the policy's being known",
             [&] { return r.deliver(body, address + "?account=h").status == 503; });
  CHECK(r.deliver(body).status == 200);
  r.db().execute("alter policy part on shipping_accounts using (true)");
  wait_until("nothing hidden", [&] { return r.deliver(body, address + "?account=h").status == 404; });
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

TEST_CASE("of several accounts the address names one, of its own courier, and each has its own signing key") {
  webhook_sender r({{"MAYSTRO_API_KEY", ""}}, shop_with_accounts + R"sql(
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt") values
  ('h', 'Guepex', 'c-g', '{"apiId":"id-2","apiToken":"example-key","webhookSecret":"other-signing"}', now());
insert into shipping_companies ("id", "name", "slug", "updatedAt") values ('c-n', 'Nord', 'nordwest', now());
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt") values
  ('n', 'Nord', 'c-n', '{"apiToken":"example-key","userGuid":"guid"}', now());)sql");
  std::string body = delivery(one("e1", "yal-1", "Centre", "R1"));
  auto deliver = [&](const std::string& query, const std::string& key) {
    raw_peer peer(r.port);
    peer.send(request("POST", address + query, body, signature_of(body, key)));
    return peer.read().status;
  };
  CHECK(deliver("", "example-signing") == 400);
  CHECK(deliver("?account=n", "example-signing") == 404);
  CHECK(deliver("?account=h", "example-signing") == 401);
  CHECK(deliver("?account=g", "other-signing") == 401);
  CHECK(r.db().number("select count(*) from suivi.inbox") == 0);
  CHECK(deliver("?account=h", "other-signing") == 200);
  CHECK(deliver("?account=g", "example-signing") == 200); // another account's event, whatever its id
  wait_until("the order of its own account", [&] {
    return r.db().value(R"(select "shippingStatus" from orders where "id" = 'o-1')") == "CENTRE";
  });
  CHECK(r.db().number("select count(*) from suivi.inbox") == 2);
}

TEST_CASE("a signing key that the shop has changed counts from then on, and the one before no more") {
  guepex_sender r;
  std::string body = delivery(one("e1", "yal-1", "Centre", "R1"));
  CHECK(r.deliver(body).status == 200);
  r.db().execute(
      R"(update shipping_accounts set "credentials" = jsonb_set("credentials"::jsonb, '{webhookSecret}',
                    '"changed-signing"') where "id" = 'g')");
  auto with_key = [&](const char* key) {
    return r.ask("POST", address, body, signature_of(body, key)).status;
  };
  int refused = 0;
  wait_until("the changed key", [&] { return with_key("changed-signing") == 200 || ++refused > 100; });
  CHECK(refused <= 100); // sooner than accounts are read anyway
  CHECK(with_key("example-signing") == 401);
}

TEST_CASE(
    "with the courier's quota used up no order is asked and no key tested, and the answer says until when") {
  for (const char* question : {"orders/R1/ask", "accounts/g/test"}) {
    guepex_sender r;
    r.db().execute("insert into suivi.request_quota (account, starts, lefts, closed_until) values"
                   " ('g', suivi.quota_windows(now()), '{5,50,1000,10000}', now() + interval '1 hour')");
    auto got = r.operate("POST", question);
    CAPTURE(got.body);
    CHECK(got.status == 503);
    CHECK(contains(got.head, "Retry-After: 3"));
    CHECK(r.db().value(R"(select "lastTestStatus" is null from shipping_accounts where "id" = 'g')") == "t");
  }
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

TEST_CASE("a compressed body is signed as it is sent and understood all the same") {
  guepex_sender r;
  std::string body = gzipped(delivery(one("e1", "yal-1", "Livré", "R1")));
  auto got = r.ask("POST", address, body, signature_of(body) + "Content-Encoding: gzip\r\n");
  CAPTURE(got.body);
  CHECK(got.status == 200);
  CHECK(contains(got.body, R"("outcome":"stored")"));
  wait_until("the order", [&] {
    return r.db().value(R"(select "shippingStatus" from orders where "id" = 'o-1')") == "LIVRÉ";
  });
}

TEST_CASE(
    "lists tell Guepex's events from Maystro's by source and type, and an order shows its parcel's state as "
    "text") {
  guepex_sender r;
  CHECK(r.deliver(delivery(one("e1", "yal-1", "Sorti en livraison", "R1"))).status == 200);
  CHECK(r.deliver(delivery(one("e2", "yal-2", "Centre", "R2"), "parcel_moved_by_hand")).status == 200);
  CHECK(r.deliver("no json").status == 200);
  CHECK(r.push(secret_address, event("R9")).status == 200);
  wait_until("the orders", [&] {
    return r.db().value("select string_agg(\"shippingStatus\", ',' order by \"id\") from orders") ==
           "SORTI EN LIVRAISON,CENTRE";
  });
  auto guepex = r.operate("GET", "webhooks/events?source=GUEPEX");
  CAPTURE(guepex.body);
  CHECK(contains(guepex.body, R"("totalCount":3)"));
  CHECK(contains(guepex.body, R"("eventType":"parcel_status_updated")"));
  CHECK(contains(guepex.body, R"("eventType":"parcel_moved_by_hand")"));
  CHECK_FALSE(contains(guepex.body, "MAYSTRO"));
  auto maystro = r.operate("GET", "webhooks/events?source=MAYSTRO");
  CHECK(contains(maystro.body, R"("totalCount":1)"));
  CHECK_FALSE(contains(maystro.body, "GUEPEX"));
  CHECK(contains(r.operate("GET", "webhooks/events").body, R"("totalCount":4)"));
  CHECK(contains(r.operate("GET", "webhooks/stats?source=GUEPEX").body, R"("totalEvents":3)"));
  CHECK(contains(r.operate("GET", "webhooks/stats?source=MAYSTRO").body, R"("totalEvents":1)"));
  auto order = r.operate("GET", "orders/R1");
  CAPTURE(order.body);
  CHECK(contains(order.body, R"("courier":"guepex")"));
  CHECK(contains(order.body, R"("status":"SORTI EN LIVRAISON")"));
  CHECK(contains(order.body, R"("shown":true)"));
  auto hooks = r.operate("POST", "accounts/g/hooks");
  CHECK(hooks.status == 200);
  CHECK(contains(hooks.body, R"("success":false)"));
  CHECK(contains(hooks.body, "by hand"));
}

TEST_CASE(
    "nothing that comes to Maystro's address, where nobody signs, concerns an order of a Guepex account") {
  guepex_sender r;
  std::string genuine = delivery(one("e1", "yal-1", "Centre", "R1"));
  CHECK(contains(r.deliver(genuine).body, "stored"));
  wait_until("the order", [&] {
    return r.db().value(R"(select "shippingStatus" from orders where "id" = 'o-1')") == "CENTRE";
  });
  r.db().execute("update suivi.parcel set pulled_at = now()"); // as if a sweep had shown it
  std::string later = delivery(one("e2", "yal-1", "Livré", "R1"));
  later.replace(later.find("12:00:00"), 8, "13:00:00");
  std::string by_id = R"({"event":"OrderStatusChanged","payload":{"id":"yal-1","status":41}})";
  std::string by_reference = R"({"event":"x","payload":{"id":"p","status":41,"external_order_id":"R1"}})";
  for (const std::string& blanks : {std::string(), std::string(" ")}) {
    std::string target = secret_address + (blanks.empty() ? "" : "?account=g");
    for (const char* mark : {"", " "}) // as a signed one is kept (receiver/event/decode_event.hpp)
      CHECK(contains(r.push(target, mark + later + blanks).body, R"("outcome":"quarantined")"));
    CHECK(contains(r.push(target, by_id + blanks).body, R"("outcome":"stored")"));
    CHECK(contains(r.push(target, by_reference + blanks).body, R"("outcome":"stored")"));
  }
  CHECK(r.push(secret_address + "?account=g", "no json").status == 202);
  for (const char* outcome : {"parked", "conflict", "quarantined", "failed"})
    r.ask("POST", "/api/v1/webhooks/replay", R"({"outcome":")" + std::string(outcome) + "\"}",
          "Authorization: Bearer example-token\r\n");
  CHECK(r.db().value(R"(select "shippingStatus" from orders where "id" = 'o-1')") == "CENTRE");
  CHECK(contains(r.deliver(later + " ").body, "stored")); // none of them stands for the courier's own
  wait_until("the order", [&] {
    return r.db().value(R"(select "shippingStatus" from orders where "id" = 'o-1')") == "LIVRÉ";
  });
  CHECK(r.db().number("select count(*) from suivi.inbox where account = 'g'") == 2);
  auto guepex = r.operate("GET", "webhooks/events?source=GUEPEX");
  CHECK(contains(guepex.body, R"("totalCount":2)"));
}

TEST_CASE("a state without a text of its own is shown in capitals and counted by courier") {
  guepex_sender r;
  CHECK(r.deliver(delivery(one("e1", "yal-1", "Égaré au dépôt", "R1"))).status == 200);
  wait_until("the order", [&] {
    return r.db().value(R"(select "shippingStatus" from orders where "id" = 'o-1')") == "ÉGARÉ AU DÉPÔT";
  });
  wait_until("the figure", [&] {
    return contains(r.ask("GET", "/metrics").body, "suivi_unknown_states_total{courier=\"guepex\"} 1");
  });
}

TEST_CASE("an alert begins with its state and ends with it, its reason stays while the state does") {
  guepex_sender r;
  auto report = [&](const std::string& id, const std::string& minute, const std::string& status,
                    const std::string& more) {
    std::string body = R"({"type":"parcel_status_updated","events":[{"event_id":")" + id +
                       R"(","occurred_at":"2026-01-31 12:)" + minute +
                       R"(:00","data":{"tracking":"yal-1","order_id":"R1","status":")" + status + "\"" +
                       more + "}}]}";
    CHECK(r.deliver(body).status == 200);
  };
  auto alert = [&] {
    return r.db().value(R"(select concat_ws('|', "shippingStatus", "alertedAt", "alertReason") from orders
                           where "id" = 'o-1')");
  };
  report("e1", "00", "Tentative échouée", R"(,"reason":"Client ne répond pas")");
  wait_until("the alert",
             [&] { return alert() == "TENTATIVE ÉCHOUÉE|2026-01-31 11:00:00|Client ne répond pas"; });
  report("e2", "10", "Tentative échouée", "");
  wait_until("both applied", [&] { return r.db().number("select count(*) from suivi.event_outcome") == 2; });
  CHECK(alert() == "TENTATIVE ÉCHOUÉE|2026-01-31 11:00:00|Client ne répond pas");
  report("e3", "05", "Centre", "");
  wait_until("an older one", [&] { return r.db().number("select count(*) from suivi.event_outcome") == 3; });
  CHECK(alert() == "TENTATIVE ÉCHOUÉE|2026-01-31 11:00:00|Client ne répond pas");
  report("e4", "20", "Livré", "");
  wait_until("the end of the alert", [&] { return alert() == "LIVRÉ"; });
}

TEST_CASE(
    "signed events that come while the database is away are spooled, and with it back each is applied once") {
  gated_receiver r;
  r.db.execute("delete from orders where \"shippingAccountId\" = 'g';" + account_sql +
               orders_sql("o-g", "G", 1, 4, "'g'"));
  auto port = static_cast<unsigned short>(std::stoi(r.base.substr(r.base.rfind(':') + 1)));
  auto ask = [&](const std::string& bytes) {
    raw_peer peer(port);
    peer.send(bytes);
    return peer.read();
  };
  auto deliver = [&](const std::string& elements) {
    std::string body = delivery(elements);
    return ask(request("POST", address + "?account=g", body, signature_of(body)));
  };
  wait_until("the account is known, and an event of it stored", [&] {
    return contains(deliver(one("e1", "yal-1", "Livré", "G1")).body, R"("outcome":"stored")");
  });
  r.to_database.refuse();
  r.to_database.sever();
  wait_until("the database counts as away", [&] { return r.database_is("down"); });
  std::string two = one("e2", "yal-2", "Centre", "G2") + "," + one("e3", "yal-3", "Livré", "G3");
  for (int times = 0; times < 2; ++times) { // the courier repeats what it is not sure of
    auto got = deliver(two);
    CHECK(got.status == 200);
    CHECK(got.body ==
          R"({"success":true,"events":[{"id":null,"outcome":"spooled"},{"id":null,"outcome":"spooled"}]})");
  }
  CHECK(ask(request("POST", address + "?account=g", delivery(two))).status == 401);
  CHECK(ask(request("GET", address + "?crc_token=abc")).body == R"({"crc_token":"abc"})");
  r.recovers();
  CHECK(r.db.value("select string_agg(\"shippingStatus\", ',' order by \"id\") from orders where \"id\" like "
                   "'o-g%'") == "LIVRÉ,CENTRE,LIVRÉ");
  CHECK(r.db.number("select count(*) from suivi.inbox where account = 'g'") == 3);
  auto again = deliver(two);
  CHECK(contains(again.body, R"("outcome":"duplicate"},{"id")"));
}
