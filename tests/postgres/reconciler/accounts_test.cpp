// Which accounts a shop has.
#include "common/shop/accounts.hpp"
#include "common/shop/coverage.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace suivi;
using suivi::test::stage;

namespace {

result<std::vector<shop::account>> loaded_from(const test::database& db, bool with_environment = true) {
  auto load = [&]() -> task<result<std::vector<shop::account>>> {
    pg::connect_options options = db.options();
    auto connection = co_await test::connected(options);
    shop::account from_environment;
    from_environment.id = "env";
    from_environment.from_environment = true;
    std::vector<shop::account> fallback;
    if (with_environment) fallback.push_back(from_environment);
    shop::base_urls defaults{"https://default.example", "https://g.example/v1", "https://n.example/api"};
    auto loaded = co_await shop::load_accounts(connection, defaults, fallback);
    co_return loaded;
  };
  return test::run(load);
}

std::vector<shop::account> accounts_of(const test::database& db) {
  return loaded_from(db).value();
}

} // namespace

TEST_CASE("active accounts of the active courier company, with their own base URL and a normalized key") {
  stage s;
  s.db.execute(R"sql(
update shipping_accounts set "baseUrl" = 'https://own.example/api/' where "id" = 'acc-2';
update shipping_accounts set "credentials" = '{"apiKey":"Token example-key-1 "}' where "id" = 'acc-1';
insert into shipping_accounts ("id", "name", "companyId", "credentials", "isActive", "updatedAt")
select a.id, a.id, c."id", a.credentials::jsonb, a.active, now()
from shipping_companies c,
     (values ('acc-3', '{"apiKey":"example-key-3"}', false), ('acc-4', '{}', true)) as a(id, credentials, active)
where c."slug" = 'maystro';
)sql");
  auto accounts = accounts_of(s.db);
  REQUIRE(accounts.size() == 3);
  CHECK(accounts[0].id == "acc-1");
  CHECK(accounts[0].courier.base_url == "https://default.example");
  CHECK(accounts[0].courier.api_key.reveal() == "example-key-1");
  CHECK(accounts[1].courier.base_url == "https://own.example");
  CHECK(accounts[2].courier.api_key.empty());
}

TEST_CASE("accounts of all three couriers, in the spellings that shops use") {
  stage s;
  s.db.execute(R"sql(
insert into shipping_companies ("id", "name", "slug", "updatedAt")
values ('c-g', 'G', 'GUEPEX', now()), ('c-n', 'N', 'nordwest', now()), ('c-x', 'Else', 'ecotrack', now());
insert into shipping_accounts ("id", "name", "companyId", "credentials", "baseUrl", "updatedAt") values
  ('acc-3', 'g', 'c-g', '{"api_id":12,"api_token":"t","webhookSecret":"s"}', null, now()),
  ('acc-4', 'n', 'c-n', '{"apiToken":"t","userGuid":"u","baseUrl":"https://own.example/n/"}', null, now()),
  ('acc-5', 'x', 'c-x', '{"apiKey":"t"}', null, now());
)sql");
  auto accounts = accounts_of(s.db);
  REQUIRE(accounts.size() == 4);
  CHECK(accounts[2].courier.courier == courier_kind::guepex);
  CHECK(accounts[2].courier.user.reveal() == "12");
  CHECK(accounts[2].courier.webhook_secret.reveal() == "s");
  CHECK(accounts[2].courier.base_url == "https://g.example/v1");
  CHECK(accounts[3].courier.courier == courier_kind::nord_west);
  CHECK(accounts[3].courier.base_url == "https://own.example/n");
  CHECK(courier::is_complete(accounts[3].courier));
}

TEST_CASE("a shop without active accounts, or without those tables, has the environment's") {
  stage s;
  s.db.execute("update shipping_companies set \"isActive\" = false where \"slug\" = 'maystro'");
  CHECK(accounts_of(s.db).at(0).id == "env");
  test::database bare(test::holding::nothing);
  CHECK(accounts_of(bare).at(0).id == "env");
}

TEST_CASE("accounts that a policy hides are neither none nor replaced by the environment's") {
  stage s;
  for (const char* table : {"shipping_accounts", "shipping_companies"}) {
    CAPTURE(table);
    s.db.execute(fmt::format("alter table {} enable row level security", table));
    for (bool with_environment : {true, false}) {
      auto loaded = loaded_from(s.db, with_environment);
      REQUIRE(loaded.has_error());
      CHECK(loaded.error().code == "shop:rights");
      CHECK(loaded.error().detail.find(fmt::format("hide rows of {}", table)) != std::string::npos);
    }
    s.db.execute(fmt::format("create policy all_rows on {} using (true)", table));
    CHECK(accounts_of(s.db).size() == 2);
    s.db.execute(
        "update shipping_accounts set \"isActive\" = false"); // there are none then, and nothing is hidden
    CHECK(accounts_of(s.db).at(0).from_environment);
    s.db.execute("update shipping_accounts set \"isActive\" = true");
  }
}

TEST_CASE("coverage counts orders with an account") {
  stage s;
  s.order("R1", R"("trackingNumber")", "'1'");
  s.order("R2", R"("trackingNumber")", "''");
  s.order("R3");
  s.order("R4", "", "", "null");
  auto count = [&]() -> task<shop::coverage> {
    pg::connect_options options = s.db.options();
    auto connection = co_await test::connected(options);
    auto counted = co_await shop::count_coverage(connection);
    co_return counted.value();
  };
  CHECK(
      boost::json::serialize(shop::to_json(test::run(count))) ==
      R"({"total":3,"withTracking":1,"withoutTracking":2,"coveragePercentage":3.333E1,"byAccount":[{"accountId":"acc-1",)"
      R"("accountName":"First","total":3,"withTracking":1,"withoutTracking":2,"coveragePercentage":3.333E1}]})");
}
