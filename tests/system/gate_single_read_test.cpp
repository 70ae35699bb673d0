// The receiver's questions to the courier at their worst: an untimed webhook that takes a parcel back waits,
// visibly, for one read of it, and is settled as soon as the courier answers again; other webhooks wait for
// nothing meanwhile.
#include "tests/programs/reconciler_process.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/gate.hpp"

using namespace suivi;
using namespace suivi::test;
using way = gate::way;

namespace {

struct asking_shop : reconciler_process {
  gate to_courier{url};
  folder spool;
  std::optional<program> receiver;
  std::string address;
  std::string reference, uuid;

  asking_shop() : reconciler_process("example-a:example-key-1:A", 20) {
    db.execute("update shipping_accounts set \"baseUrl\" = '" + to_courier.url() + "'");
    environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
    environment["SUIVI_RECEIVER_LISTEN"] = "127.0.0.1:0";
    environment["SUIVI_RECEIVER_SPOOL"] = spool.path() + "/made";
    environment["SUIVI_MAYSTRO_REQUEST_TIMEOUT"] = "1s";
    environment["SUIVI_MAYSTRO_READ_LAG"] = "0s";
    (void)sweep(0);
    auto truth = http_get(url + "/control/truth").body;
    auto first = json::parse(truth.substr(0, truth.find('\n'))).as_object();
    reference = first.at("reference").as_string();
    uuid = first.at("uuid").as_string();
    receiver.emplace("suivi-receiver", std::vector<std::string>(), environment);
    auto base = "http://127.0.0.1:" + std::to_string(receiver->number_from_log("port"));
    address = base + "/webhooks/maystro/example-secret?account=example-a";
    wait_until("readiness",
               [&] { return http_get(base + "/readyz").body == R"({"database":"up","spooled":0})"; });
  }

  void courier_says(int status) const {
    auto done = http_post(url + "/control/orders/" + uuid + "/status",
                          R"({"push":false,"status":)" + std::to_string(status) + "}");
    CAPTURE(done.body);
    REQUIRE(done.status == 200);
  }
  void push(int status) const {
    auto got = http_post(address, R"({"event":"OrderStatusChanged","payload":{"id":")" + uuid +
                                      R"(","external_order_id":")" + reference + R"(","status":)" +
                                      std::to_string(status) + "}}");
    CHECK(got.body.ends_with(R"("outcome":"stored"})"));
  }
  [[nodiscard]] std::string order_status() const {
    return db.value("select \"shippingStatus\" from orders where \"reference\" = '" + reference + "'");
  }
  void delivered() const {
    courier_says(41);
    push(41);
    wait_until("delivery", [&] { return order_status() == "LIVRÉ"; });
  }
};

// `order` keeps the courier from being heard; the event says that it waits, and is applied when the gate is
// open.
template <class Order>
void waits_and_is_settled(Order order) {
  asking_shop s;
  s.delivered();
  order(s.to_courier);
  s.courier_says(51);
  s.push(51);
  wait_until("the event confirming", [&] {
    return s.db.value(
               "select count(*) from suivi.waiting_event where state = 'confirming' and attempts > 0") == "1";
  });
  CHECK(s.order_status() == "LIVRÉ");
  s.to_courier.pass();
  wait_until("the event settled",
             [&] { return s.db.value("select count(*) from suivi.waiting_event") == "0"; });
  CHECK(s.order_status() == "PRÊT À RETOURNER");
  CHECK(s.differences().empty());
}

} // namespace

TEST_CASE("the courier refuses the receiver's question, which is asked again until it is answered") {
  waits_and_is_settled([](gate& g) {
    g.refuse();
    g.sever();
  });
}

TEST_CASE(
    "the courier's answer to the receiver stalls, and the question is asked again until it is answered") {
  waits_and_is_settled([](gate& g) { g.stall(way::to_client); });
}

TEST_CASE("the receiver's question is cut off, and asked again until it is answered") {
  waits_and_is_settled([](gate& g) { g.cut_at(way::to_server, "GET ", gate::last_piece::kept_back, 1'000); });
}

TEST_CASE("the courier's answer to the receiver is cut off in its midst, and the question is asked again") {
  waits_and_is_settled(
      [](gate& g) { g.cut_at(way::to_client, "external_order_id", gate::last_piece::kept_back, 1'000); });
}

TEST_CASE("an answer to the receiver that comes late and byte by byte is an answer") {
  asking_shop s;
  s.delivered();
  s.to_courier.slice();
  s.to_courier.delay(std::chrono::milliseconds(100));
  s.courier_says(51);
  s.push(51);
  wait_until("the event settled",
             [&] { return s.db.value("select count(*) from suivi.waiting_event") == "0"; });
  CHECK(s.order_status() == "PRÊT À RETOURNER");
}
