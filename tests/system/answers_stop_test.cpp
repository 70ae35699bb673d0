// SIGTERM while webhooks pour in: what was taken is answered and applied, every 2xx is in the events, and the
// end is in time.
#include "tests/system/answers.hpp"

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

using namespace suivi::test;
using std::chrono::steady_clock;

TEST_CASE(
    "told to stop under load the receiver answers what it took, applies it, and ends with status 0 in time") {
  answering r({{"MAYSTRO_API_KEY", ""}});
  r.db().execute(
      R"(insert into shipping_companies ("id", "name", "slug", "updatedAt") values ('m', 'M', 'maystro', now())
      on conflict do nothing;
    insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
      select 'example-a', 'A', "id", '{"apiKey":"example-key-1"}', now() from shipping_companies where "slug" = 'maystro';
    insert into customers ("id", "name", "phone", "updatedAt") values ('c', 'Client', '0550000001', now());
    insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "updatedAt")
      select 'o' || n, 'R' || n, 'c', 1, 'example-a', now() from generate_series(0, 29999) n)");
  std::mutex guard;
  std::set<std::string> acknowledged;
  std::atomic<int> taken = 0, next = 0;
  std::vector<std::thread> couriers;
  for (int c = 0; c < 8; ++c)
    couriers.emplace_back([&] {
      raw_peer peer(r.port);
      for (int n = next++; n < 30'000; n = next++) {
        auto reference = "R" + std::to_string(n);
        auto got = peer.send(request("POST", secret_address + "?account=example-a", event(reference)))
                       ? peer.read()
                       : raw_answer();
        if (got.status != 200 && got.status != 202) return; // stopped
        std::lock_guard hold(guard);
        acknowledged.insert(reference);
        ++taken;
      }
    });
  wait_until("some load", [&] { return taken > 300; });
  auto asked = steady_clock::now();
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(20)) == 0);
  CHECK(steady_clock::now() - asked < std::chrono::seconds(10));
  for (auto& courier : couriers) courier.join();
  CHECK(taken < 30'000); // it was under load indeed
  MESSAGE("acknowledged: ", taken.load());

  CHECK(r.db().number("select count(*) - count(distinct reference) from suivi.inbox") == 0);
  auto found = r.db().value("select string_agg(reference, ',') from suivi.inbox") + ",";
  std::set<std::string> stored;
  for (std::size_t at = 0, comma = 0; (comma = found.find(',', at)) != std::string::npos; at = comma + 1)
    stored.insert(found.substr(at, comma - at));
  int missing = 0;
  for (const auto& each : acknowledged) missing += stored.count(each) ? 0 : 1;
  CHECK(missing == 0);
  CHECK(r.db().number("select count(*) from suivi.pending") == 0);
  CHECK(r.db().number(R"(select count(*) from suivi.inbox i left join orders o on o."reference" = i.reference
                          and o."shippingStatus" = 'EXPÉDIÉ' where o."id" is null)") == 0);
}
