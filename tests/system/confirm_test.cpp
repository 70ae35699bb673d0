// The receiver's single reads: what only the courier can settle waits for it, visibly, and asks it gently.
#include "tests/programs/raw_courier.hpp"
#include "tests/programs/receiver_process.hpp"

#include <atomic>
#include <set>

using namespace suivi::test;

namespace {

std::map<std::string, std::string> confirming(const receiver_shop& shop) {
  auto settings = shop.environment;
  settings["SUIVI_RECEIVER_CONFIRM"] = "terminal";
  settings["SUIVI_MAYSTRO_READ_LAG"] = "0s"; // the stand-in has none
  return settings;
}

std::string sources(const receiver_shop& shop, int order) {
  return shop.db.value("select string_agg(distinct source::text, ' ') from suivi.change where order_id = 'o" +
                       std::to_string(order) + "' and field = 'shippingStatus'");
}

} // namespace

TEST_CASE("with confirmation a delivery that the courier's API shows is applied after one read and others "
          "need none") {
  courier_process courier;
  receiver_shop shop(1, courier.url);
  courier.has("u1", 41, "R1");
  receiver_process receiver(confirming(shop));
  auto shipped = receiver.push(a_webhook("u1", 31, "R1"));
  receiver.becomes(shipped, "applied");
  CHECK(courier.requests("singleReads") == 0);
  auto delivered = receiver.push(a_webhook("u1", 41, "R1"));
  receiver.becomes(delivered, "applied");
  CHECK(shop.status(1) == "LIVRÉ");
  CHECK(shop.column(1, "status") == "DELIVERED");
  CHECK(courier.requests("singleReads") == 1);
  CHECK(sources(shop, 1) == "1 4"); // by the webhook first, by the confirming read then
  CHECK(receiver.metric("suivi_events_pending") == 0);
}

TEST_CASE("with confirmation a terminal state that the courier's API does not show is stale and the API's is "
          "shown") {
  courier_process courier;
  receiver_shop shop(4, courier.url);
  receiver_process receiver(confirming(shop));
  int order = 0;
  for (int status : {41, 50, 52, 53}) {
    auto n = std::to_string(++order);
    courier.has("u" + n, 31, "R" + n);
    auto claimed = receiver.push(a_webhook("u" + n, status, "R" + n));
    receiver.becomes(claimed, "stale");
    CHECK(shop.status(order) == "EXPÉDIÉ");
    CHECK(shop.column(order, "status") == "CONFIRMED");
    CHECK(shop.db.number("select count(*) from suivi.change where order_id = 'o" + n +
                         "' and to_value = 'DELIVERED'") == 0);
  }
  CHECK(courier.requests("singleReads") <= 8);
}

TEST_CASE("with confirmation a parcel that the courier does not know is a conflict and so is an account "
          "without a key") {
  courier_process courier;
  receiver_shop shop(2, courier.url);
  shop.db.execute(R"(update orders set "shippingAccountId" = 'b' where "id" = 'o2';
                     update shipping_accounts set "credentials" = '{}' where "id" = 'b')");
  receiver_process receiver(confirming(shop));
  auto unknown = receiver.push(a_webhook("u1", 41, "R1"));
  auto keyless = receiver.push(a_webhook("u2", 41, "R2"), "b");
  for (const auto& id : {unknown, keyless}) {
    receiver.becomes(id, "conflict");
    CHECK(receiver.error(id) != "");
  }
  CHECK(shop.status(1) == "NULL");
  CHECK(shop.status(2) == "NULL");
}

TEST_CASE("a delivery waits visibly while the courier's API is away and is applied once it is back") {
  std::string address;
  {
    courier_process gone;
    address = gone.url;
  }
  receiver_shop shop(5, address);
  receiver_process receiver(confirming(shop));
  std::vector<std::string> waiting;
  for (int n = 1; n <= 5; ++n) {
    auto text = std::to_string(n);
    waiting.push_back(receiver.push(a_webhook("u" + text, 41, "R" + text)));
  }
  for (const auto& id : waiting)
    wait_until("an error to be seen", [&] { return receiver.error(id) == "http:refused"; });
  CHECK(receiver.events("&outcome=confirming").size() == 5);
  CHECK(receiver.metric("suivi_events_confirming") == 5);
  CHECK(receiver.metric("suivi_events_pending") == 5);
  CHECK(shop.status(1) == "NULL");

  receiver.process->signal(SIGSTOP); // an API that has no parcel yet answers 404, which is an answer
  courier_process courier(address.substr(std::string("http://").size()));
  for (int n = 1; n <= 5; ++n) {
    auto text = std::to_string(n);
    courier.has("u" + text, 41, "R" + text);
  }
  receiver.process->signal(SIGCONT);
  wait_until("nothing pending", [&] { return receiver.metric("suivi_events_pending") == 0; });
  for (const auto& id : waiting) receiver.becomes(id, "applied");
  CHECK(receiver.metric("suivi_events_confirming") == 0);
}

TEST_CASE("a refused key is not tried for each event and other accounts and events go on") {
  courier_process courier;
  courier.set({{"refused_tokens", {"example-key-a"}}});
  receiver_shop shop(40, courier.url);
  shop.db.execute(R"(update orders set "shippingAccountId" = 'b' where "id" = 'o40')");
  courier.has("u40", 41, "R40", "b");
  receiver_process receiver(confirming(shop));
  for (int n = 1; n < 40; ++n) {
    auto text = std::to_string(n);
    receiver.push(a_webhook("u" + text, 41, "R" + text));
  }
  receiver.becomes(receiver.push(a_webhook("u40", 41, "R40"), "b"), "applied");
  receiver.becomes(receiver.push(a_webhook("u1", 31, "R1")), "applied");
  wait_until("all of them to say why", [&] {
    auto events = receiver.events("&outcome=confirming");
    auto says_why = [](const json::value& e) { return e.as_object().at("error") == "courier:unauthorized"; };
    return events.size() == 39 && std::all_of(events.begin(), events.end(), says_why);
  });
  CHECK(courier.requests("unauthorized") <= 4); // those that were under way when the first was refused
}

TEST_CASE("Retry-After holds back all of the account's reads and nothing is lost by it") {
  courier_process courier;
  receiver_shop shop(40, courier.url);
  for (int n = 1; n <= 40; ++n) courier.has("u" + std::to_string(n), 41, "R" + std::to_string(n));
  courier.set({{"throttle", 1}, {"retry_after_s", 4}});
  receiver_process receiver(confirming(shop));
  auto begun = std::chrono::steady_clock::now();
  for (int n = 1; n <= 40; ++n)
    receiver.push(a_webhook("u" + std::to_string(n), 41, "R" + std::to_string(n)));
  wait_until("the courier's word", [&] { return courier.requests("throttled") > 0; });
  wait_until("all of them to say why", [&] {
    auto events = receiver.events("&outcome=confirming");
    auto says_why = [](const json::value& e) { return e.as_object().at("error") == "courier:throttled"; };
    return events.size() == 40 && std::all_of(events.begin(), events.end(), says_why);
  });
  auto limit = 4 + (std::chrono::steady_clock::now() - begun) / std::chrono::seconds(4);
  CHECK(courier.requests("throttled") <= limit);
  courier.set({{"throttle", 0}});
  wait_until("all applied", [&] {
    return shop.db.number("select count(*) from orders where \"status\" = 'DELIVERED'") == 40;
  });
  wait_until("nothing pending", [&] { return receiver.metric("suivi_events_pending") == 0; });
}

TEST_CASE("a pause that another program was told holds back the receiver's single reads and an operator's") {
  courier_process courier;
  receiver_shop shop(1, courier.url);
  courier.has("u1", 41, "R1");
  receiver_process receiver(confirming(shop));
  shop.db.execute(
      "insert into suivi.account (id, courier_paused_until) values ('a', now() + interval '1 hour') "
      "on conflict (id) do update set courier_paused_until = excluded.courier_paused_until");
  auto delivered = receiver.push(a_webhook("u1", 41, "R1"));
  wait_until("an error to be seen", [&] { return receiver.error(delivered) == "courier:throttled"; });
  for (const char* question : {"orders/R1/ask", "accounts/a/test"}) {
    CAPTURE(question);
    CHECK(http_post(receiver.base + "/api/v1/" + question, "", "Bearer example-token").status == 503);
  }
  CHECK(courier.requests("all") == 0);
  shop.db.execute(
      "update suivi.account set courier_paused_until = null; update suivi.pending set due_at = now()");
  receiver.kill(); // one that waited with it would wait for an hour
  receiver.start();
  receiver.becomes(delivered, "applied");
}

TEST_CASE("single reads keep to the ceiling of requests per second") {
  courier_process courier;
  receiver_shop shop(15, courier.url);
  for (int n = 1; n <= 15; ++n) courier.has("u" + std::to_string(n), 41, "R" + std::to_string(n));
  auto settings = confirming(shop);
  settings["SUIVI_MAYSTRO_REQUESTS_PER_SECOND"] = "5";
  receiver_process receiver(settings);
  auto begun = std::chrono::steady_clock::now();
  for (int n = 1; n <= 15; ++n)
    receiver.push(a_webhook("u" + std::to_string(n), 41, "R" + std::to_string(n)));
  wait_until("nothing pending", [&] { return shop.all_applied(); });
  CHECK(std::chrono::steady_clock::now() - begun >=
        std::chrono::milliseconds(2'800)); // 14 distances of 200 ms
  CHECK(shop.db.number("select count(*) from orders where \"status\" = 'DELIVERED'") == 15);
}

TEST_CASE(
    "an event that names no account among several is proved by a read with the key of its order's account") {
  courier_process courier;
  receiver_shop shop(3, courier.url);
  auto settings = confirming(shop);
  settings["SUIVI_RECEIVER_CONFIRM"] = "off";
  receiver_process receiver(settings);
  courier.has("u1", 31, "R1");
  auto proved = receiver.push(a_webhook("u1", 31, "R1"), "");
  receiver.becomes(proved, "applied");
  CHECK(shop.status(1) == "EXPÉDIÉ");
  CHECK(courier.requests("singleReads") == 1);
  SUBCASE("and needs no other read once the parcel is linked") {
    auto again = receiver.push(a_webhook("u1", 22, "R1", "2099-01-01T00:00:00Z"),
                               ""); // no time in the far future counts
    receiver.becomes(again, "applied");
    CHECK(courier.requests("singleReads") == 1);
  }
  SUBCASE("and is a conflict where that key shows no such parcel") {
    courier.has("u2", 31, "R-of-b", "b");
    auto foreign = receiver.push(a_webhook("u2", 31, "R2"), "");
    receiver.becomes(foreign, "conflict");
    CHECK(shop.status(2) == "NULL");
  }
  SUBCASE("and is a conflict where it names nothing that could be proved") {
    courier.has("u3", 31, "R3");
    auto nameless = receiver.push(a_webhook("", 31, "R3"), "");
    receiver.becomes(nameless, "conflict");
    CHECK(shop.status(3) == "EXPÉDIÉ"); // by what the read showed
  }
}

TEST_CASE("an event of one account that names an order of another is a conflict and writes nothing") {
  courier_process courier;
  receiver_shop shop(1, courier.url);
  receiver_process receiver(confirming(shop));
  auto foreign = receiver.push(a_webhook("u1", 31, "R1"), "b");
  receiver.becomes(foreign, "conflict");
  CHECK(receiver.error(foreign).find("another account") != std::string::npos);
  CHECK(shop.status(1) == "NULL");
  CHECK(shop.db.number("select count(*) from suivi.parcel") == 0);
  CHECK(shop.db.number("select count(*) from suivi.change") == 0);
}

TEST_CASE("an untimed webhook that goes back is settled by one read") {
  courier_process courier;
  receiver_shop shop(2, courier.url);
  auto settings = confirming(shop);
  settings["SUIVI_RECEIVER_CONFIRM"] = "off";
  receiver_process receiver(settings);
  int order = 0;
  for (bool right : {true, false}) {
    auto n = std::to_string(++order);
    receiver.becomes(receiver.push(a_webhook("u" + n, 22, "R" + n)), "applied");
    receiver.becomes(receiver.push(a_webhook("u" + n, 32, "R" + n)), "applied");
    courier.has("u" + n, right ? 22 : 32, "R" + n);
    // Another body than the first one's, which would be a duplicate.
    auto back = receiver.push(R"({"payload":{"id":"u)" + n + R"(","status":22,"external_order_id":"R)" + n +
                              R"("}})");
    receiver.becomes(back, right ? "applied" : "stale");
    CHECK(shop.status(order) == (right ? "ASSIGNÉ" : "ALERTÉ"));
  }
  CHECK(courier.requests("singleReads") <= 3);
}

TEST_CASE("a parcel whose read is always refused keeps no other from being confirmed and is applied once it "
          "is not") {
  std::atomic<bool> refusing = true;
  raw_courier courier([&](const std::string& target) {
    std::string uuid = target.substr(target.rfind("/u") + 1, 2);
    if (uuid == "u1" && refusing) return whole_answer(403, R"({"detail":"Forbidden."})");
    std::string row =
        R"({"id":")" + uuid + R"(","status":41,"external_order_id":"R)" + uuid.substr(1) + "\"}";
    return whole_answer(200, row);
  });
  receiver_shop shop(9, courier.url());
  receiver_process receiver(confirming(shop));
  auto refused = receiver.push(a_webhook("u1", 41, "R1"));
  wait_until("an error to be seen", [&] { return receiver.error(refused) == "courier:unauthorized"; });
  for (int n = 2; n <= 9; ++n) {
    auto text = std::to_string(n);
    receiver.becomes(receiver.push(a_webhook("u" + text, 41, "R" + text)), "applied");
    CHECK(receiver.outcome(refused) == "confirming");
  }
  CHECK(shop.status(1) == "NULL");
  refusing = false;
  receiver.becomes(refused, "applied");
  CHECK(shop.status(1) == "LIVRÉ");
}

TEST_CASE("a delivery whose order the shop refuses has failed since then, and is read for again ever later") {
  courier_process courier;
  receiver_shop shop(1, courier.url);
  courier.has("u1", 41, "R1");
  shop.db.execute(R"(create function refuse() returns trigger language plpgsql as $$
    begin raise 'not now' using errcode = '23514'; end $$;
    create trigger refuse before update on orders for each row execute function refuse())");
  receiver_process receiver(confirming(shop));
  auto delivered = receiver.push(a_webhook("u1", 41, "R1"));
  wait_until("it to fail", [&] { return receiver.outcome(delivered) == "failed"; });
  CHECK(receiver.error(delivered) == "sqlstate:23514");
  std::string since = shop.db.value("select since from suivi.pending");
  wait_until("more tries", [&] { return shop.db.number("select max(attempts) from suivi.pending") >= 3; });
  CHECK(shop.db.value("select since from suivi.pending") == since);
  CHECK(courier.requests("singleReads") <= 4);
  shop.db.execute("drop trigger refuse on orders");
  receiver.becomes(delivered, "applied");
  CHECK(shop.status(1) == "LIVRÉ");
}
