// Single reads against a courier behind a real socket and a real shop: what is not the parcel that was asked
// for is never written, and an order that stays locked is left to another time.
#include "common/http/server/server.hpp"
#include "common/maystro/api/maystro_api.hpp"
#include "common/runtime/task_group.hpp"
#include "common/shop/single_read.hpp"
#include "tests/postgres/door/shop_database.hpp"
#include "tests/support/print_result.hpp"

using namespace suivi;
using namespace suivi::test;

namespace {

struct reading_shop : shop_database {
  std::string body; // the courier's answer to whatever it is asked
  std::vector<std::string> requests;
  std::string outcomes; // of the last read that was applied

  // "", or the error's code.
  task<std::string> read_once(shop::wanted_read wanted, std::string database_url) {
    auto executor = co_await asio::this_coro::executor;
    http::handler answer = [this](http::request got) -> task<http::response> {
      requests.push_back(got.target);
      http::response said;
      said.body = body;
      co_return said;
    };
    http::server server(executor, http::server_limits{}, answer);
    REQUIRE(server.listen("127.0.0.1:0"));
    runtime::task_group serving(executor);
    serving.spawn("courier", server.run());
    http::client client(executor, {});
    courier::credentials who{"http://127.0.0.1:" + std::to_string(server.port()), secret("example-key")};
    courier::maystro_api courier(client, who, milliseconds(20'000));
    shop::door_options door;
    pg::pool_options options;
    options.connect.url = std::move(database_url);
    pg::pool connections(executor, options);
    auto got =
        co_await shop::read_and_apply(courier, connections, std::move(wanted), shop::source::lookup, door);
    outcomes.clear();
    if (got.content)
      for (const auto& verdict : *got.content) outcomes += to_string(verdict.outcome);
    connections.close();
    client.close();
    server.drain(milliseconds(100));
    co_await serving.join();
    co_return got.content ? "" : got.content.error().code;
  }
  std::string read(shop::wanted_read wanted) { return run(read_once(std::move(wanted), db.url())); }
};

shop::wanted_read by_uuid(std::string uuid) {
  return {"account-a", std::move(uuid), "", {}};
}
shop::wanted_read by_reference(std::string reference) {
  return {"account-a", std::nullopt, std::move(reference), {}};
}

std::string parcel(const std::string& uuid, const std::string& reference, const std::string& status = "31") {
  return fmt::format(
      R"({{"instance_uuid":"{0}","display_id":"display-{0}","external_order_id":"{1}","status":{2},
                          "created_at":"2026-01-01T00:00:00Z"}})",
      uuid, reference, status);
}
std::string list(const std::string& rows, int count) {
  return fmt::format(R"({{"count":{},"next":null,"previous":null,"results":[{}]}})", count, rows);
}

} // namespace

TEST_CASE(
    "an answer about another parcel than the one asked for writes nothing, and the right one is written") {
  reading_shop s;
  s.add_orders(1, 1);
  for (const std::string& wrong :
       {parcel("u2", "R1"), parcel("u1", "R1", "null"), std::string(R"({"status":31})")}) {
    s.body = wrong;
    CAPTURE(wrong);
    CHECK(s.read(by_uuid("u1")) == "courier:malformed");
    CHECK(s.column(1, "shippingStatus") == "NULL");
  }
  s.body = parcel("u1", "R1");
  CHECK(s.read(by_uuid("u1")).empty());
  CHECK(s.outcomes == "applied");
  CHECK(s.column(1, "shippingStatus") == "EXPÉDIÉ");
  CHECK(s.requests.back() == "/api/stores/orders/u1/");
}

TEST_CASE("of a list that ignored the filter only rows of the very reference are written, and none of them "
          "is an end") {
  reading_shop s;
  s.add_orders(1, 3);
  s.body = list(parcel("u2", "R2") + "," + parcel("u3", "R30") + "," + parcel("u4", "R3", "null"), 3);
  CHECK(s.read(by_reference("R3")) == "courier:unfiltered");
  CHECK(s.get("select count(*) from suivi.parcel") == "0");
  CHECK(s.read(by_reference("R2")).empty());
  CHECK(s.outcomes == "applied");
  CHECK(s.get(R"(select string_agg("reference", ' ') from orders where "shippingStatus" is not null)") ==
        "R2");
}

TEST_CASE(
    "an order that stays locked is busy and not written, and once it is free the same read is written") {
  reading_shop s;
  s.add_orders(1, 1);
  s.body = parcel("u1", "R1");
  auto while_locked = [&]() -> task<void> {
    auto shop_itself = co_await connect(s.db.url());
    auto locked =
        co_await shop_itself.run_script(R"(begin; select from orders where "reference" = 'R1' for update)");
    REQUIRE(locked);
    auto said = co_await s.read_once(by_uuid("u1"), s.db.url());
    CHECK(said == "shop:busy");
    auto freed = co_await shop_itself.run_script("rollback");
    REQUIRE(freed);
  };
  run(while_locked);
  CHECK(s.column(1, "shippingStatus") == "NULL");
  CHECK(s.requests.size() == 1); // the courier is asked once, the door several times
  CHECK(s.read(by_uuid("u1")).empty());
  CHECK(s.column(1, "shippingStatus") == "EXPÉDIÉ");
}

TEST_CASE("a read whose database is away fails for now, whatever the courier said") {
  reading_shop s;
  s.body = parcel("u1", "R1");
  CHECK(run(s.read_once(by_uuid("u1"), "postgresql://postgres@127.0.0.1:1/none")) == "pg:refused");
  CHECK(s.requests.size() == 1);
}
