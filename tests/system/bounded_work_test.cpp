// Work in proportion to bytes: large bodies, equal ids, orders with many parcels; what others wait meanwhile.
#include "tests/programs/webhook_sender.hpp"
#include "tests/support/builders.hpp"

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <csignal>
#include <thread>

using namespace suivi::test;
namespace json = boost::json;

namespace {

constexpr const char* token = "Authorization: Bearer example-token\r\n";

std::chrono::milliseconds time_of(const std::function<void()>& work) {
  auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
}

} // namespace

TEST_CASE("a list of large events is cut, and a webhook beside it does not wait for it") {
  webhook_sender r({{"SUIVI_ADMIN_TOKEN", "example-token"}});
  std::string filler;
  while (filler.size() < 240'000) filler += "\"some text of no importance\",";
  for (int n = 0; n < 60; ++n)
    CHECK(r.push(secret_address, R"({"id":"u)" + std::to_string(n) +
                                     R"(","status":31,"external_order_id":"none","x":[)" + filler + "1]}")
              .status == 200);
  // What others are answered while the list is made: in one piece it would let one of them by.
  raw_answer list;
  std::atomic<bool> made = false;
  std::thread operator_of_many([&] {
    raw_peer peer(r.port);
    peer.send(request("GET", "/api/v1/webhooks/events?limit=1000", "", token));
    list = peer.read();
    made = true;
  });
  raw_peer beside(r.port);
  int answered = 0;
  while (!made) {
    beside.send(request("GET", "/healthz"));
    answered += beside.read().status == 200 ? 1 : 0;
  }
  operator_of_many.join();
  CHECK(answered >= 5);
  CHECK(list.status == 200);
  CHECK(list.body.size() < 60 * 150'000);
  auto events = json::parse(list.body).at("data").at("events").as_array();
  REQUIRE(events.size() == 60);
  CHECK(events[0].at("payload").is_string());
  CHECK(events[0].at("payload").as_string().size() <= 66 * 1024);
  r.process->signal(SIGTERM);
  CHECK(r.process->wait() == 0);
}

TEST_CASE("an id that fifty thousand old orders bear locks none of them and costs next to nothing") {
  webhook_sender r({{"SUIVI_ADMIN_TOKEN", "example-token"}}, customer_sql() + R"(
    insert into orders ("id", "reference", "customerId", "total", "trackingNumber", "updatedAt")
    select 'o' || n, 'R' || n, 'c', 1, '0', now() from generate_series(1, 50000) n)");
  // The links to the shop's old columns are made in rounds of their own.
  for (int n = 0; n < 20; ++n)
    CHECK(r.push(secret_address, R"({"tracking":"0","status":31,"n":)" + std::to_string(n) + "}").status ==
          200);
  wait_until("their end", [&] {
    return r.db().number(
               "select count(*) from suivi.waiting_event where state = 'pending' and attempts = 0") == 0;
  });
  CHECK(r.db().number(R"(select count(*) from orders where "shippingStatus" is not null)") == 0);
  r.process->signal(SIGTERM);
  CHECK(r.process->wait() == 0);
  wait_until("its sessions' figures", [&] {
    return r.db().number("select count(*) from pg_stat_activity where datname = current_database() and "
                         "application_name like 'suivi-receiver%'") == 0;
  });
  // Each webhook would read all of them, and again at each try.
  CHECK(r.db().number("select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables "
                      "where relname = 'orders'") < 10 * 50'000);
}

TEST_CASE("an order that has forty thousand parcels from before holds up nobody") {
  webhook_sender r({}, customer_sql() + orders_sql("o", "R", 1, 5, "null"));
  auto webhook_about = [](const std::string& uuid, int status) {
    return R"({"event":"x","payload":{"id":")" + uuid + R"(","status":)" + std::to_string(status) +
           R"(,"external_order_id":"R1"}})";
  };
  CHECK(r.push(secret_address, webhook_about("first", 31)).status == 200);
  wait_until("its parcel", [&] { return r.db().number("select count(*) from suivi.parcel") == 1; });
  r.db().execute(R"(
    insert into suivi.parcel (account, uuid, reference, order_id, link, status, created_at, as_of_shape, as_of_from,
                              as_of_to, source, known_fields, strength, left_statuses, courier)
    select account, 'old' || n, reference, order_id, link, status, now() - interval '1 day' + n * interval '1 second',
           as_of_shape, as_of_from, as_of_to, source, known_fields, strength, left_statuses, courier
    from suivi.parcel, generate_series(1, 40000) n;
    analyze suivi.parcel)");
  std::chrono::milliseconds longest{0};
  raw_peer courier(r.port);
  for (int n = 1; n <= 3; ++n) {
    courier.send(request("POST", secret_address, webhook_about("old" + std::to_string(n), 31)));
    longest = std::max(longest, time_of([&] { CHECK(r.ask(request("GET", "/healthz")).status == 200); }));
    CHECK(courier.read().status < 300);
  }
  CHECK(r.push(secret_address, webhook_about("one-more", 31)).status < 300);
  CHECK(longest < std::chrono::milliseconds(2'000) * slowness);
  wait_until("all at rest", [&] { return r.db().number("select count(*) from suivi.waiting_event") == 0; });
  CHECK(r.db().value(R"(select o.outcome from suivi.event_outcome o join suivi.inbox i on i.id = o.event_id
                        where i.uuid = 'one-more')") == "conflict");
  CHECK(r.push(secret_address, event("R2")).status == 200);
}
