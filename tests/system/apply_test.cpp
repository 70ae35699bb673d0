// The apply lane through the real program: locked orders delay nobody else, parked events find their orders,
// failing ones are visible, and what was durable when the process died is applied by the next one.
#include "tests/programs/receiver_process.hpp"

using namespace suivi::test;
using std::chrono::steady_clock;

namespace {

double seconds_since(steady_clock::time_point begun) {
  return std::chrono::duration<double>(steady_clock::now() - begun).count();
}

// Webhooks for orders first to last, from several senders.
void push_all(const receiver_process& receiver, int first, int last, int status) {
  constexpr int senders = 8;
  std::vector<std::thread> all;
  for (int s = 0; s < senders; ++s)
    all.emplace_back([&, s] {
      for (int n = first + s; n <= last; n += senders) {
        auto text = std::to_string(n);
        receiver.push(a_webhook("u" + text, status, "R" + text));
      }
    });
  for (std::thread& one : all) one.join();
}

// As another receiver would have stored them.
void leave_events(const receiver_shop& shop, int orders, int status) {
  shop.db.execute(R"(
    with fresh as (insert into suivi.inbox (id, stored_on, received_at, account, raw)
      select nextval('suivi.event_id'), (now() at time zone 'UTC')::date, now(), 'a',
             convert_to(json_build_object('payload', json_build_object('id', 'u' || n, 'external_order_id', 'R' || n,
                                                                       'status', )" +
                  std::to_string(status) + R"())::text, 'UTF8')
      from generate_series(1, )" +
                  std::to_string(orders) + R"() n returning id, stored_on)
    insert into suivi.pending (event_id, stored_on, due_at) select id, stored_on, now() from fresh)");
}

} // namespace

TEST_CASE(
    "more locked orders than a receiver has in hand delay no other and are written after the lock's end") {
  constexpr int locked = 8000, all = locked + 60 / slowness;
  receiver_shop shop(all);
  row_lock lock(shop.db, "substr(\"id\", 2)::int <= " + std::to_string(locked));
  leave_events(shop, locked, 31);
  receiver_process receiver(shop.environment);
  wait_until("full hands", [&] {
    return shop.db.number("select count(*) from suivi.waiting_event where attempts > 1") > 5000;
  });

  double slowest = 0;
  for (int n = locked + 1; n <= all; ++n) {
    auto text = std::to_string(n);
    auto begun = steady_clock::now();
    receiver.push(a_webhook("u" + text, 31, "R" + text));
    wait_until("an order that nobody locks", [&] { return shop.status(n) == "EXPÉDIÉ"; });
    slowest = std::max(slowest, seconds_since(begun));
  }
  MESSAGE("slowest beside the locked ones: " << slowest << " s");
  CHECK(slowest < 30 * slowness); // held up by them, it would wait as long as they do
  CHECK(shop.db.number("select count(*) from orders where \"shippingStatus\" is null") == locked);
  CHECK(receiver.metric("suivi_events_pending") == locked);
  lock.release();
  auto released = steady_clock::now();
  wait_until("the locked ones", [&] { return shop.all_applied(); });
  MESSAGE("after the lock's end: " << seconds_since(released) << " s");
  CHECK(shop.db.number("select count(*) from orders where \"shippingStatus\" = 'EXPÉDIÉ'") == all);
  CHECK(shop.doubles() == 0);
}

TEST_CASE("orders whose trigger waits for a locked row delay no other, on one connection too") {
  constexpr int all = 200, locked = 10;
  receiver_shop shop(all);
  shop.db.execute(R"(
    create table touched as select "reference" from orders;
    create function touch() returns trigger language plpgsql security definer as $$
    begin update touched set "reference" = "reference" where "reference" = new."reference"; return new; end $$;
    create trigger touch after update on orders for each row execute function touch())");
  auto environment = shop.environment;
  environment["SUIVI_DATABASE_POOL"] = "1";
  receiver_process receiver(environment);
  push_all(receiver, 1, 1, 4); // ready
  auto applied = [&] {
    return shop.db.number("select count(*) from orders where \"shippingStatus\" = 'EXPÉDIÉ'");
  };
  {
    row_lock lock(shop.db, "substr(\"reference\", 2)::int <= " + std::to_string(locked), "touched");
    push_all(receiver, 1, all, 31);
    wait_until("all others", [&] { return applied() == all - locked; });
  }
  wait_until("those too", [&] { return applied() == all; });
  CHECK(receiver.process->log().find("became free in time") == std::string::npos);
}

TEST_CASE("parked events are applied when their order appears by reference or linked id or the shop's old "
          "columns") {
  receiver_shop shop(3);
  receiver_process receiver(shop.environment);
  auto by_reference = receiver.push(a_webhook("u10", 31, "R10"));
  auto by_id = receiver.push(a_webhook("u2", 22, "", time_of(1)));
  auto by_old_column = receiver.push(R"({"payload":{"display_id_order":"D3","status":31}})");
  for (const auto& id : {by_reference, by_id, by_old_column}) receiver.becomes(id, "parked");
  CHECK(receiver.metric("suivi_events_parked") == 3);
  CHECK(receiver.metric("suivi_events_pending") == 0);

  auto begun = steady_clock::now();
  shop.add_orders(10, 10);
  auto linking = receiver.push(a_webhook("u2", 31, "R2", time_of(2)));
  receiver.becomes(linking, "applied");
  shop.db.execute(R"(update orders set "trackingNumber" = 'D3' where "id" = 'o3')");
  wait_until("all three", [&] { return shop.all_applied(); });
  CHECK(seconds_since(begun) < 60 * slowness);
  CHECK(receiver.outcome(by_reference) == "applied");
  CHECK(receiver.outcome(by_id) == "stale"); // what linked it is newer
  CHECK(receiver.outcome(by_old_column) == "applied");
  CHECK(shop.status(10) == "EXPÉDIÉ");
  CHECK(shop.status(2) == "EXPÉDIÉ");
  CHECK(shop.status(3) == "EXPÉDIÉ");
  CHECK(receiver.metric("suivi_events_parked") == 0);
}

TEST_CASE("an event whose account nothing can prove is parked by its courier's ids alone and says so") {
  receiver_shop shop(1);
  // Their references are known, but the orders have no account that could be asked.
  shop.add_orders(2, 41, "null");
  receiver_process receiver(shop.environment);
  for (int n = 2; n <= 41; ++n)
    receiver.push(a_webhook("u" + std::to_string(n), 31, "R" + std::to_string(n)), "");
  wait_until("forty parked", [&] { return receiver.metric("suivi_events_parked") == 40; });
  CHECK(shop.db.number("select count(*) from suivi.pending where reference is null and uuid is not null and "
                       "error <> ''") == 40);
}

TEST_CASE(
    "an event that the shop's own rules refuse is failed with its error and applied once they allow it") {
  receiver_shop shop(2);
  shop.db.execute(R"(create function refuse() returns trigger language plpgsql as $$
    begin raise 'not now' using errcode = '23514'; end $$;
    create trigger refuse before update on orders for each row when (new."id" = 'o1') execute function refuse())");
  receiver_process receiver(shop.environment);
  auto failing = receiver.push(a_webhook("u1", 31, "R1"));
  auto beside = receiver.push(a_webhook("u2", 31, "R2"));
  receiver.becomes(beside, "applied");
  receiver.becomes(failing, "failed");
  CHECK(receiver.error(failing) == "sqlstate:23514");
  CHECK(receiver.metric("suivi_events_failed") == 1);
  CHECK(receiver.metric("suivi_events_pending") == 1);
  auto waits = "select extract(epoch from due_at - now()) > 3 from suivi.pending"; // 1, 2, 4, … seconds, less
                                                                                   // up to half
  wait_until("longer pauses", [&] { return shop.db.value(waits) == "t"; });
  shop.db.execute("drop trigger refuse on orders");
  receiver.becomes(failing, "applied");
  CHECK(receiver.metric("suivi_events_failed") == 0);
  CHECK(receiver.metric("suivi_events_pending") == 0);
}

TEST_CASE("a receiver that was killed with events in hand applies them within seconds of its next start") {
  constexpr int orders = 300;
  receiver_shop shop(orders);
  receiver_process receiver(shop.environment);
  {
    row_lock lock(shop.db, "true");
    push_all(receiver, 1, orders, 31);
    receiver.kill();
  }
  CHECK(shop.db.number("select count(*) from suivi.waiting_event") == orders);
  receiver.start();
  auto begun = steady_clock::now();
  wait_until("all applied", [&] { return shop.all_applied(); });
  CHECK(seconds_since(begun) < 60 * slowness); // a lease is five seconds
  CHECK(shop.db.number("select count(*) from orders where \"shippingStatus\" = 'EXPÉDIÉ'") == orders);
  CHECK(shop.doubles() == 0);
}
