// POST /api/v1/webhooks/replay, beside the lanes of the very receiver that answers it.
#include "tests/postgres/receiver/operations_stage.hpp"
#include "tests/support/builders.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* address = "/api/v1/webhooks/replay";
constexpr const char* parked =
    "select count(*) from suivi.waiting_event where state = 'parked' and owner is null";

void add_strangers_orders(const test::database& db, int count) {
  db.execute(test::orders_sql("s", "S/", 1, count, "'acc-1'"));
}

std::string data(const json::value& answer) {
  CHECK(answer.at("success").as_bool());
  std::string counts;
  for (const auto& one : answer.at("data").as_object())
    if (one.value().is_int64() || one.value().is_uint64())
      if (auto n = one.value().to_number<std::int64_t>(); n > 0)
        counts += std::string(one.key()) + ' ' + std::to_string(n) + ' ';
  return counts;
}

} // namespace

TEST_CASE("the API replays beside the receiver's own lanes") {
  test::database db;
  operations_stage here(db);
  std::vector<webhook> rows;
  for (int n = 1; n <= 3; ++n) rows.push_back(stranger(n));
  rows.push_back(nonsense("nothing"));
  auto steps = [&]() -> task<void> {
    co_await here.begin_with_stream();
    co_await here.store(rows);
    co_await here.until(parked, "3");
    auto first = co_await here.request_json(200, "POST", address);
    CHECK(data(first) == "selected 4 parked 3 quarantined 1 ");
    add_strangers_orders(db, 2);
    auto dry = co_await here.request_json(200, "POST", address, R"({"dryRun":true})");
    CHECK(data(dry) == "selected 4 applied 2 parked 1 quarantined 1 ");
    const auto& change = dry.at("data").at("changes").at(0);
    CHECK(change.at("reference") == "S/1");
    CHECK(change.at("from").is_null());
    auto id = db.value("select min(id) from suivi.inbox");
    auto one = co_await here.request_json(200, "POST", address, R"({"ids":[")" + id + R"("]})");
    CHECK(data(one) == "selected 1 applied 1 ");
    auto more = co_await here.request_json(200, "POST", address, "{}");
    CHECK(data(more) == "selected 3 applied 1 parked 1 quarantined 1 ");
    CHECK_FALSE(more.at("data").as_object().contains("changes"));
    auto all = co_await here.request_json(200, "POST", address, R"({"outcome":"all"})");
    CHECK(data(all) == "selected 4 unchanged 2 parked 1 quarantined 1 ");
  };
  here.run(steps());
}

TEST_CASE("a wrong replay is refused and nothing is replayed") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    co_await here.begin_with_stream();
    for (const char* body : {R"({"since":"x"})", R"({"outcome":"x"})", "[]", R"({"dryrun":true})"}) {
      auto refused = co_await here.request_json(400, "POST", address, body);
      CHECK_FALSE(refused.at("success").as_bool());
      CHECK(refused.at("error").as_object().contains("code"));
    }
    auto method = co_await here.ask("GET", address);
    CHECK(method.status == 405);
    // 100,001 that nobody ever decoded.
    db.execute(R"(insert into suivi.inbox (id, stored_on, received_at, raw, outcome)
                  select nextval('suivi.event_id'), current_date, now(), 'x', 'quarantined' from generate_series(1, 100001))");
    auto many = co_await here.request_json(400, "POST", address, "{}");
    CHECK(many.at("error").at("code") == "TOO_MANY_EVENTS");
    auto some = co_await here.request_json(200, "POST", address, R"({"until":"24h"})");
    CHECK(data(some) == "");
  };
  here.run(steps());
}
