// Several receivers on one database, and receivers that lose the database's word: killed, frozen, cut off at
// a COMMIT. Every acknowledged webhook is applied once.
#include "tests/programs/cutting_relay.hpp"
#include "tests/programs/receiver_process.hpp"

#include <set>

using namespace suivi::test;

namespace {

// Acknowledged events and those the database has are the same ones, each applied, and no change was written
// twice.
void check_all_applied_once(const receiver_shop& shop, const std::set<std::string>& acknowledged) {
  CHECK(shop.db.number("select count(*) from suivi.waiting_event") == 0);
  for (const auto& id : acknowledged)
    if (shop.db.number("select count(*) from suivi.event_outcome where event_id = " + id) != 1)
      FAIL_CHECK("event " << id);
  CHECK(shop.db.number("select count(*) from suivi.inbox") ==
        shop.db.number(
            "select count(*) from suivi.event_outcome where outcome in ('applied', 'unchanged', 'stale')"));
  CHECK(shop.doubles() == 0);
}

} // namespace

TEST_CASE("two receivers behind a balancer of which one is killed apply every acknowledged webhook once") {
  constexpr int orders = 200;
  receiver_shop shop(orders);
  receiver_process first(shop.environment), second(shop.environment);
  std::set<std::string> acknowledged;
  std::map<int, int> last; // acknowledged, by order
  int refused = 0, n = 0;
  const std::vector<int> path{5, 6, 15, 22, 31};
  for (std::size_t step = 0; step < path.size(); ++step)
    for (int order = 1; order <= orders; ++order, ++n) {
      if (n == 500) first.process->signal(SIGKILL);
      auto text = std::to_string(order);
      auto body = a_webhook("u" + text, path[step], "R" + text, time_of(static_cast<int>(step) + 1));
      auto& turn = n % 2 == 0 ? first : second;
      auto id = turn.push(body);
      if (id.empty()) ++refused, id = second.push(body); // as the courier repeats it
      REQUIRE(id != "");
      acknowledged.insert(id);
      last[order] = path[step];
    }
  CHECK(refused > 0);
  CHECK(acknowledged.size() >=
        static_cast<std::size_t>(n) - 1); // one may have been stored by the dying one, unanswered
  wait_until("nothing pending", [&] { return second.metric("suivi_events_pending") == 0; });
  check_all_applied_once(shop, acknowledged);
  CHECK(shop.db.number("select count(*) from orders where \"shippingStatus\" = 'EXPÉDIÉ'") == orders);
}

TEST_CASE("a receiver that was frozen beyond its lease writes nothing stale when it goes on") {
  constexpr int orders = 50;
  receiver_shop shop(orders);
  receiver_process frozen(shop.environment);
  std::set<std::string> acknowledged;
  {
    row_lock lock(shop.db, "true");
    for (int n = 1; n <= orders; ++n)
      acknowledged.insert(
          frozen.push(a_webhook("u" + std::to_string(n), 22, "R" + std::to_string(n), time_of(1))));
    frozen.process->signal(SIGSTOP); // somewhere between two tries, or within one
  }
  receiver_process other(shop.environment);
  wait_until("the other to take them over", [&] { return shop.all_applied(); });
  for (int n = 1; n <= orders; ++n)
    acknowledged.insert(
        other.push(a_webhook("u" + std::to_string(n), 31, "R" + std::to_string(n), time_of(2))));
  wait_until("newer states", [&] { return shop.all_applied(); });
  auto written = shop.db.value("select md5(string_agg(xmin::text, ',' order by \"id\")) from orders");
  auto changes = shop.db.number("select count(*) from suivi.change");

  frozen.process->signal(SIGCONT);
  auto id = frozen.push(
      a_webhook("u1", 31, "R1", time_of(3))); // it is at work again, and equal values are written to nobody
  REQUIRE(id != "");
  wait_until("its work", [&] {
    return shop.db.number("select count(*) from suivi.event_outcome where event_id = " + id) == 1;
  });
  wait_until("an empty hand", [&] { return frozen.metric("suivi_apply_queue_events") == 0; });
  CHECK(shop.db.value("select md5(string_agg(xmin::text, ',' order by \"id\")) from orders") == written);
  CHECK(shop.db.number("select count(*) from suivi.change") == changes);
  check_all_applied_once(shop, acknowledged);
}

TEST_CASE("a COMMIT whose answer is lost is sent again and neither stored nor applied twice") {
  constexpr int orders = 60;
  receiver_shop shop(orders);
  auto url = shop.db.url();
  auto port_at = url.rfind(':') + 1;
  auto port_end = url.find('/', port_at);
  cutting_relay relay(static_cast<unsigned short>(std::stoi(url.substr(port_at, port_end - port_at))));
  auto settings = shop.environment;
  settings["DATABASE_URL"] = url.substr(0, port_at) + std::to_string(relay.port()) + url.substr(port_end);
  receiver_process receiver(settings);
  std::set<std::string> acknowledged;
  auto push = [&](int first, int last) {
    for (int n = first; n <= last; ++n) {
      auto id = receiver.push(a_webhook("u" + std::to_string(n), 31, "R" + std::to_string(n)));
      REQUIRE(id != "");
      acknowledged.insert(id);
    }
  };
  push(1, 20); // so that every statement is known by its name on the connections
  relay.cut_after("inbox_ingest", 3);
  push(21, 40);
  CHECK(relay.cuts_left() == 0);
  relay.cut_after("suivi_commit", 3);
  push(41, 60);
  wait_until("three commits unheard of", [&] { return relay.cuts_left() == 0; });
  wait_until("nothing pending", [&] { return shop.all_applied(); });
  wait_until("an empty hand", [&] { return receiver.metric("suivi_apply_queue_events") == 0; });
  CHECK(acknowledged.size() == orders);
  CHECK(shop.db.number("select count(*) from suivi.inbox") == orders);
  check_all_applied_once(shop, acknowledged);
}
