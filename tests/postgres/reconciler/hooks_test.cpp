// Hooks registered at a courier that fails, and what is noted of them.
#include "reconciler/hooks/hook_registrar.hpp"
#include "reconciler/hooks/hook_state.hpp"
#include "reconciler/store/webhook_activity.hpp"
#include "tests/postgres/reconciler/courier_server.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;
using suivi::test::stage;

namespace {

struct hook_courier {
  struct row {
    std::string id, endpoint, trigger;
  };
  std::vector<row> hooks;
  std::vector<std::string> triggers{"all", "OrderFieldUpdated", "OrderDelivered"};
  bool bare = false;      // lists without envelope
  bool old_shape = false; // `triggers` in the place of `trigger_type`
  int lose_answers = 0;   // of registrations: done, and answered 502
  int refuse_with = 0;
  bool throttled = false; // and wants to be left alone for an hour
  int made = 0;

  [[nodiscard]] std::string list(const std::string& rows) const {
    return bare ? "[" + rows + "]" : R"({"count":1,"next":null,"previous":null,"results":[)" + rows + "]}";
  }

  http::response answer(const http::request& request) {
    http::response r;
    if (throttled) {
      r.status = 429;
      r.headers.emplace_back("Retry-After", "3600");
      return r;
    }
    if (refuse_with != 0) {
      r.status = static_cast<unsigned>(refuse_with);
      return r;
    }
    if (request.target == "/api/stores/hooks/types/") {
      std::string rows;
      for (const std::string& name : triggers)
        rows += fmt::format(R"({}{{"id":"id-{}","name":"{}"}})", rows.empty() ? "" : ",", name, name);
      r.body = list(rows);
    } else if (request.method == "GET") {
      std::string rows;
      for (const row& h : hooks) {
        rows += fmt::format(R"({}{{"id":"{}","endpoint":"{}",)", rows.empty() ? "" : ",", h.id, h.endpoint);
        rows += old_shape ? fmt::format(R"("triggers":[{{"id":"{}"}}]}})", h.trigger)
                          : fmt::format(R"("trigger_type":{{"id":"{}"}}}})", h.trigger);
      }
      r.body = list(rows);
    } else if (request.method == "POST") {
      auto body = boost::json::parse(request.body).as_object();
      row h{fmt::format("h{}", ++made), body.at("endpoint").as_string().c_str(),
            body.at("trigger_type_id").as_string().c_str()};
      hooks.push_back(h);
      r.status = lose_answers > 0 ? 502 : 201;
      if (lose_answers > 0)
        --lose_answers;
      else
        r.body =
            fmt::format(R"({{"id":"{}","endpoint":"{}","trigger_type":"{}"}})", h.id, h.endpoint, h.trigger);
    } else {
      std::erase_if(
          hooks, [&](const row& h) { return request.target == "/api/stores/hooks/costume/" + h.id + "/"; });
      r.status = 204;
    }
    return r;
  }
};

hook_owner owner(std::string secret = "example-secret") {
  return {"https://shop.example", std::move(secret), "acc-1", {}};
}

hook_report act(const test::database& db, hook_courier& courier, hook_owner of,
                task<hook_report> (hook_registrar::*action)()) {
  hook_report got;
  test::run_beside([&](const http::request& request) { return courier.answer(request); },
                   [&](shop::account who, http::client& client) -> task<void> {
                     auto executor = co_await asio::this_coro::executor;
                     pg::pool_options pool;
                     pool.connect = db.options();
                     pg::pool connections(executor, pool);
                     hook_registrar hooks(client, connections, who, milliseconds(5'000), of);
                     got = co_await (hooks.*action)();
                     connections.close();
                   });
  return got;
}

hook_report act(hook_courier& courier, hook_owner of, task<hook_report> (hook_registrar::*action)()) {
  test::database db;
  return act(db, courier, std::move(of), action);
}

} // namespace

TEST_CASE("ensure registers once whatever the shape of the courier's lists") {
  for (bool bare : {false, true})
    for (bool old_shape : {false, true}) {
      hook_courier courier;
      courier.bare = bare;
      courier.old_shape = old_shape;
      auto first = act(courier, owner(), &hook_registrar::ensure);
      CHECK_FALSE(first.failed);
      CHECK(first.added == std::vector<std::string>{"OrderFieldUpdated", "OrderDelivered"});
      auto second = act(courier, owner(), &hook_registrar::ensure);
      CHECK(second.added.empty());
      CHECK(courier.hooks.size() == 2);
      CHECK(courier.made == 2);
    }
}

TEST_CASE("a registration whose answer was lost is not sent twice") {
  hook_courier courier;
  courier.lose_answers = 2;
  auto r = act(courier, owner(), &hook_registrar::ensure);
  CHECK_FALSE(r.failed);
  CHECK(r.added.size() == 2);
  CHECK(courier.made == 2);
}

TEST_CASE("hooks are registered where each answer to that is lost") {
  hook_courier courier;
  courier.triggers = {"OrderStatusChanged", "OrderFieldUpdated", "OrderDelivered", "DeliveryInfoUpdated"};
  courier.lose_answers = 4;
  auto r = act(courier, owner(), &hook_registrar::ensure);
  CHECK_FALSE(r.failed);
  CHECK(r.missing.empty());
  CHECK(r.added.size() == 4);
  CHECK(courier.made == 4);
}

TEST_CASE("a new secret replaces the old hooks after the new ones are there") {
  hook_courier courier;
  act(courier, owner("before"), &hook_registrar::ensure);
  courier.hooks.push_back({"x", "https://else.example/in", "id-all"});
  auto r = act(courier, owner(), &hook_registrar::ensure);
  CHECK(r.removed.size() == 2);
  REQUIRE(courier.hooks.size() == 3);
  CHECK(courier.hooks.front().id == "x");
  CHECK(courier.hooks.back().endpoint ==
        "https://shop.example/webhooks/maystro/example-secret?account=acc-1");
  for (const listed_hook& h : r.hooks) CHECK(h.endpoint.find("example-secret") == std::string::npos);
}

TEST_CASE("remove takes ours and leaves other endpoints") {
  hook_courier courier;
  act(courier, owner("before"), &hook_registrar::ensure);
  courier.hooks.push_back({"x", "https://else.example/in", "id-all"});
  auto r = act(courier, owner(), &hook_registrar::remove);
  CHECK_FALSE(r.failed);
  CHECK(courier.hooks.size() == 1);
}

TEST_CASE("a refused key is asked once and told") {
  hook_courier courier;
  courier.refuse_with = 401;
  auto r = act(courier, owner(), &hook_registrar::ensure);
  REQUIRE(r.failed);
  CHECK(r.failed->code == "courier:unauthorized");
}

TEST_CASE("hooks are claimed by one process, and what was seen is noted") {
  stage s;
  auto body = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto first = co_await claim_hooks(db, "acc-1", "First");
    CHECK(first.value());
    auto second = co_await claim_hooks(db, "acc-1", "First");
    CHECK_FALSE(second.value());
    hook_state state{{"OrderStatusChanged"}, {"OrderDelivered"}, "not registered: all"};
    auto noted = co_await record_hooks(db, "acc-1", state);
    CHECK(noted.has_value());
    auto third = co_await claim_hooks(db, "acc-1", "First");
    CHECK(third.value());
    auto due = co_await hook_check_is_due(db, "acc-1", "First", milliseconds(60'000));
    CHECK(due.value());
    auto again = co_await hook_check_is_due(db, "acc-1", "First", milliseconds(60'000));
    CHECK_FALSE(again.value());
  };
  test::run(body);
  CHECK(s.db.value("select hooks_registered[1] || ' ' || hooks_problem from suivi.account") ==
        "OrderDelivered not registered: all");
}

TEST_CASE("an account is heard by its address, its parcels or as the only one, and falls silent when changes "
          "go untold") {
  stage s;
  s.db.execute(R"sql(
insert into suivi.account (id) values ('acc-1'), ('acc-2');
insert into suivi.parcel (account, uuid, status, as_of_shape, source) values ('acc-2', 'u2', 6, 3, 2);
insert into suivi.inbox (id, stored_on, received_at, account, raw, uuid) values
  (1, (now() at time zone 'UTC')::date, now() - interval '8 hours', 'acc-1', '', 'u1'),
  (2, (now() at time zone 'UTC')::date, now() - interval '7 hours', null, '', 'u2'),
  (3, (now() at time zone 'UTC')::date, now() - interval '1 hour', null, '', 'u9');
insert into suivi.sweep (account, account_name, kind, term, owner, missed_by_webhook) values ('acc-1', '', 'full', 1, '', 4);
)sql");
  auto body = [&]() -> task<void> {
    pg::connect_options options = s.db.options();
    auto db = co_await test::connected(options);
    auto found = co_await find_webhook_activity(db, std::nullopt);
    REQUIRE(found.has_value());
    CHECK(is_silent(found->at("acc-1")));
    CHECK(found->at("acc-1").missed == 4);
    CHECK_FALSE(is_silent(found->at("acc-2"))); // no change went untold
    CHECK(found->at("acc-2").last_webhook_at > found->at("acc-1").last_webhook_at);
    auto kept = co_await keep_webhook_activity(db, *found);
    CHECK(kept.has_value());
    auto only = co_await find_webhook_activity(db, std::optional<std::string>("acc-1"));
    CHECK_FALSE(is_silent(only->at("acc-1"))); // u9, an hour ago
  };
  test::run(body);
  CHECK(s.db.number("select count(*) from suivi.account where webhook_heard_at is not null") == 2);
}

TEST_CASE(
    "a pause that the courier asked any program for holds for hooks, and one asked for here for the others") {
  test::database db;
  hook_courier courier;
  db.execute(
      "insert into suivi.account (id, courier_paused_until) values ('acc-1', now() + interval '1 hour')");
  auto paused = act(db, courier, owner(), &hook_registrar::ensure);
  REQUIRE(paused.failed);
  CHECK(paused.failed->code == "courier:throttled");
  CHECK(courier.made == 0);
  db.execute("update suivi.account set courier_paused_until = null");
  courier.throttled = true;
  CHECK(act(db, courier, owner(), &hook_registrar::inspect).failed);
  CHECK(db.value("select courier_paused_until > now() + interval '50 minutes' from suivi.account") == "t");
}
