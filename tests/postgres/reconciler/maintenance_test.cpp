// What the worker does beside its sweeps: its own tables kept small, hooks looked at once a day.
#include "common/shop/account_statistics.hpp"
#include "reconciler/worker/hook_monitor.hpp"
#include "reconciler/worker/maintenance.hpp"
#include "tests/postgres/reconciler/courier_server.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;

namespace {

std::int64_t delete_expired(const test::database& db) {
  auto body = [&]() -> task<std::int64_t> {
    pg::connect_options options = db.options();
    auto connection = co_await test::connected(options);
    auto gone = co_await reconciler::delete_expired(connection);
    co_return gone.value();
  };
  return test::run(body);
}

} // namespace

TEST_CASE("old reports go but each account's newest of each kind and verdict, and what nobody took or lives "
          "is forgotten") {
  stage s;
  s.db.execute(R"sql(
insert into suivi.sweep (account, account_name, kind, term, owner, verdict, started_at, seen_at)
select account, '', kind, 1, '', verdict, t, t
from unnest(array['acc-1', 'acc-2']) as account, unnest(array['full', 'incremental']) as kind,
     unnest(array['complete', 'incomplete']) as verdict, generate_series(1, 600) as n,
     lateral (select now() - interval '91 days' - n * interval '1 minute' as t) at;
insert into suivi.sweep (account, account_name, kind, term, owner, seen_at) values ('acc-1', '', 'full', 1, '', now() - interval '89 days');
insert into suivi.sweep_request (sweep_id, account, kind, asked_at) values
  (90001, 'acc-1', 'full', now() - interval '11 minutes'), (90002, 'acc-2', 'full', now());
insert into suivi.sweep_missed (sweep_id, order_id) select id, 'order-1' from suivi.sweep;
insert into suivi.reconciler (owner, seen_at) values ('dead', now() - interval '2 days'), ('alive', now());
)sql");
  CHECK(delete_expired(s.db) == 4800 - 7 + 2); // of acc-1's incomplete full ones a younger one is there
  CHECK(s.db.number("select count(*) from suivi.sweep") == 8);
  CHECK(s.db.number("select count(*) from suivi.sweep_missed") == 8); // and those reports' own rows
  CHECK(s.db.value("select string_agg(sweep_id::text, ',') from suivi.sweep_request") == "90002");
  CHECK(s.db.value("select string_agg(owner, ',') from suivi.reconciler") == "alive");
  CHECK(delete_expired(s.db) == 0);
}

TEST_CASE("partitions are made ahead of time also where no receiver runs") {
  stage s;
  std::string next = s.db.value("select 'change_' || to_char(date_trunc('month', now() at time zone 'UTC') + "
                                "interval '1 month', 'YYYYMM')");
  std::string tomorrow =
      s.db.value("select 'inbox_' || to_char((now() at time zone 'UTC')::date + 1, 'YYYYMMDD')");
  s.db.execute("drop table suivi." + next + "; drop table suivi." + tomorrow);
  (void)delete_expired(s.db);
  CHECK(s.db.value("select to_regclass('suivi." + next + "') is not null and to_regclass('suivi." + tomorrow +
                   "') is not null") == "t");
}

namespace {

// Watches the hooks of acc-1, whose courier is `answer`, as often as `rounds`, each until `found` of that
// round holds.
void monitor_hooks(stage& s, const test::courier_answer& answer, const std::vector<std::string>& found) {
  test::run_beside(answer, [&](shop::account who, http::client&) -> task<void> {
    s.db.execute(fmt::format(
        R"(update shipping_accounts set "baseUrl" = '{}'; update shipping_accounts set "isActive" = "id" = 'acc-1')",
        who.courier.base_url));
    config::settings settings;
    settings.database.url = secret(s.db.url());
    settings.receiver.public_url = "https://shop.example";
    settings.receiver.webhook_secrets = {secret("example-secret")};
    auto executor = co_await asio::this_coro::executor;
    reconciler::services p(executor, settings);
    for (const std::string& question : found) {
      runtime::task_group watching(executor);
      watching.spawn("hooks", reconciler::monitor_hooks(p, milliseconds(10)));
      auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30 * test::slowness);
      while (s.db.value(question) != "t" && std::chrono::steady_clock::now() < give_up)
        co_await runtime::sleep_for(milliseconds(20));
      CHECK_MESSAGE(s.db.value(question) == "t", question);
      watching.cancel();
      co_await watching.join();
    }
    p.client.close();
    p.database.close();
  });
}

} // namespace

TEST_CASE("the worker sees that hooks are not registered, notes it, and looks again a day later only") {
  stage s;
  int lists = 0;
  auto answer = [&](const http::request& request) {
    http::response r;
    bool types = request.target == "/api/stores/hooks/types/";
    r.body = types ? R"([{"id":"t","name":"OrderStatusChanged"}])" : "[]";
    lists += types ? 0 : 1;
    return r;
  };
  std::string noted = "select hooks_problem = 'not registered: OrderStatusChanged' and hooks_due_at > now() "
                      "+ interval '23 hours' "
                      "and (select \"requestCount\" from shipping_accounts where \"id\" = 'acc-1') = 2 "
                      "from suivi.account";
  // What was heard is looked at each time, for accounts that are known already.
  monitor_hooks(s, answer, {noted, noted, "select webhooks_looked_to is not null from suivi.account"});
  CHECK(lists == 1);
}

TEST_CASE("hooks that cannot be seen are looked at again within the hour, also where the account has fallen "
          "silent") {
  stage s;
  s.db.execute(R"sql(
insert into suivi.account (id) values ('acc-1');
insert into suivi.inbox (id, stored_on, received_at, account, raw) values
  (1, (now() at time zone 'UTC')::date, now() - interval '8 hours', 'acc-1', '');
insert into suivi.sweep (account, account_name, kind, term, owner, missed_by_webhook) values ('acc-1', '', 'full', 1, '', 4);
)sql");
  bool away = true;
  auto answer = [&](const http::request& request) {
    http::response r;
    bool types = request.target == "/api/stores/hooks/types/";
    r.body =
        types
            ? R"([{"id":"t","name":"OrderStatusChanged"}])"
            : R"([{"id":"h","endpoint":"https://shop.example/webhooks/maystro/example-secret?account=acc-1","trigger_type":{"id":"t"}}])";
    if (away) r.status = 500;
    return r;
  };
  std::string soon = "select hooks_problem like 'could not be seen: %' and hooks_due_at between now() and "
                     "now() + interval '61 minutes' "
                     "from suivi.account";
  monitor_hooks(s, answer, {soon, "select webhook_heard_at is not null from suivi.account"});
  away = false;
  s.db.execute("update suivi.account set hooks_due_at = now()"); // as time does
  monitor_hooks(
      s, answer,
      {"select hooks_problem is null and hooks_registered = '{OrderStatusChanged}' from suivi.account"});
}
