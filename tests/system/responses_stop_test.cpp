// SIGTERM while webhooks pour in: what was taken is answered and applied, every 2xx is in the events, and the
// end is in time.
#include "tests/programs/webhook_sender.hpp"
#include "tests/support/builders.hpp"

#include <atomic>
#include <csignal>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

using namespace suivi::test;
using std::chrono::steady_clock;

namespace {

constexpr int orders = 30'000;

// Orders R0 to R29999 of one account.
const std::string shop = R"(insert into shipping_companies ("id", "name", "slug", "updatedAt")
    values ('m', 'M', 'maystro', now()) on conflict do nothing;
  insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
    select 'example-a', 'A', "id", '{"apiKey":"example-key-1"}', now() from shipping_companies where "slug" = 'maystro';
)" + customer_sql() + orders_sql("o", "R", 0, orders - 1, "'example-a'");

std::string webhook(int n) {
  return request("POST", secret_address + "?account=example-a", event("R" + std::to_string(n)));
}

void check_all_applied(const webhook_sender& r) {
  CAPTURE(r.process->log());
  CAPTURE(r.db().value(
      "select json_agg(p)::text from (select state, attempts, error, again_at, count(*) from suivi.pending"
      " group by 1, 2, 3, 4 limit 5) p"));
  CHECK(r.db().number("select count(*) from suivi.waiting_event") == 0);
  CHECK(r.db().number(R"(select count(*) from suivi.inbox i left join orders o on o."reference" = i.reference
                          and o."shippingStatus" = 'EXPÉDIÉ' where o."id" is null)") == 0);
}

} // namespace

TEST_CASE("requests whose commit is under way when the receiver is told to stop are answered and applied") {
  webhook_sender r({{"MAYSTRO_API_KEY", ""}}, shop);
  r.db().execute(R"(create function linger() returns trigger language plpgsql as $$
    begin if new.reference = 'R0' then perform pg_sleep(1.5); end if; return new; end $$;
    create trigger linger before insert on suivi.inbox for each row execute function linger())");
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (int n = 0; n < 8; ++n) {
    peers.push_back(std::make_unique<raw_peer>(r.port));
    peers.back()->send(webhook(n));
  }
  wait_until("a commit under way", [&] {
    return r.db().number("select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
                         " and datname = current_database()") == 1;
  });
  // Answered after the eight have been read: they came before it.
  CHECK(http_get("http://127.0.0.1:" + std::to_string(r.port) + "/healthz").status == 200);
  raw_peer idle(r.port);
  r.process->signal(SIGTERM);
  for (auto& peer : peers) {
    CHECK(peer->read().status == 200);
    CHECK(peer->closed_by_server());
  }
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
  CHECK(r.stored() == 8);
  check_all_applied(r);
}

TEST_CASE(
    "told to stop before the accounts could be read the receiver waits for them and applies what it took") {
  webhook_sender r({{"MAYSTRO_API_KEY", ""}},
                   std::string(shop) +
                       "; alter table shipping_accounts rename column \"credentials\" to \"away\"");
  for (int n = 0; n < 5; ++n) CHECK(r.ask(webhook(n)).status == 200);
  wait_until("the failing read",
             [&] { return contains(r.process->log(), "the shop's courier accounts cannot be read"); });
  r.process->signal(SIGTERM);
  wait_until("the stop", [&] { return contains(r.process->log(), R"("message":"stopping")"); });
  r.db().execute("alter table shipping_accounts rename column \"away\" to \"credentials\"");
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
  check_all_applied(r);
}

TEST_CASE(
    "told to stop under load the receiver loses nothing it acknowledged and ends with status 0 in time") {
  webhook_sender r({{"MAYSTRO_API_KEY", ""}}, shop);
  std::mutex guard;
  std::set<std::string> acknowledged;
  std::atomic<int> taken = 0, next = 0;
  std::vector<std::thread> couriers;
  for (int c = 0; c < 8; ++c)
    couriers.emplace_back([&] {
      raw_peer peer(r.port);
      for (int n = next++; n < orders; n = next++) {
        auto got = peer.send(webhook(n)) ? peer.read() : raw_answer();
        if (got.status != 200 && got.status != 202) return; // stopped
        std::lock_guard hold(guard);
        acknowledged.insert("R" + std::to_string(n));
        ++taken;
      }
    });
  wait_until("some load", [&] { return taken > 300; });
  auto requested_at = steady_clock::now();
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(20)) == 0);
  CHECK(steady_clock::now() - requested_at < std::chrono::seconds(10 * slowness));
  for (auto& courier : couriers) courier.join();
  CHECK(taken < orders); // it was under load indeed

  CHECK(r.db().number("select count(*) - count(distinct reference) from suivi.inbox") == 0);
  auto found = r.db().value("select string_agg(reference, ',') from suivi.inbox") + ",";
  std::set<std::string> stored;
  for (std::size_t at = 0, comma = 0; (comma = found.find(',', at)) != std::string::npos; at = comma + 1)
    stored.insert(found.substr(at, comma - at));
  int missing = 0;
  for (const auto& each : acknowledged) missing += stored.count(each) ? 0 : 1;
  CHECK(missing == 0);
  check_all_applied(r);
}
