// What the shop changes in its accounts is known without a webhook that names it.
#include "tests/postgres/receiver/in_process_receiver.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

// Far less than the half minute that a shop of thousands of accounts may take.
constexpr auto patience = 10s * test::slowness;

} // namespace

TEST_CASE("a second account and a new key are known within seconds") {
  test::database db;
  receiver_inside on(db);
  auto steps = [&]() -> task<void> {
    while (!on.accounts.can_tell()) co_await runtime::sleep_for(10ms);
    CHECK(on.accounts.resolve(std::nullopt) == "acc-1");
    auto before = on.accounts.courier("acc-1");
    test::add_account(db, "acc-2");
    db.execute(R"(update shipping_accounts set "credentials" = '{"apiKey": "example-key-new"}'
                  where "id" = 'acc-1')");
    steady_time give_up = steady_now() + patience;
    while (on.accounts.list().size() != 2 && steady_now() < give_up) co_await runtime::sleep_for(50ms);
    CHECK(on.accounts.resolve(std::nullopt) == ""); // whose it is must be proven
    CHECK(on.accounts.courier("acc-1") != before);
    db.execute(R"(update shipping_accounts set "isActive" = false where "id" = 'acc-1')");
    give_up = steady_now() + patience;
    while (on.accounts.knows("acc-1") && steady_now() < give_up) co_await runtime::sleep_for(50ms);
    CHECK(on.accounts.resolve(std::nullopt) == "acc-2");
  };
  on.run(steps());
}

TEST_CASE("a webhook of an unknown account ends however often the accounts are read meanwhile") {
  test::database db;
  receiver_inside on(db);
  bool ended = false;
  auto reads = [&]() -> task<void> {
    while (!ended) {
      co_await on.accounts.refresh();
      co_await runtime::sleep_for(1ms);
    }
  };
  auto steps = [&]() -> task<void> {
    on.endless.spawn("reads", reads());
    while (!on.accounts.can_tell()) co_await runtime::sleep_for(10ms);
    webhook stranger = order(1);
    stranger.account = "nobody";
    std::vector<webhook> rows{stranger};
    auto answers = co_await on.store(std::move(rows));
    REQUIRE(answers[0]);
    steady_time give_up = steady_now() + patience;
    while (db.number("select count(*) from suivi.event_outcome") == 0 && steady_now() < give_up)
      co_await runtime::sleep_for(50ms);
    CHECK(db.value("select string_agg(error, ',') from suivi.event_outcome") ==
          "the address names an unknown account");
    ended = true;
  };
  on.run(steps());
}
