// Where the shop's accounts cannot be seen, nothing is decided on their absence.
#include "tests/postgres/receiver/in_process_receiver.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

constexpr const char* outcomes = "select count(*) from suivi.event_outcome";

} // namespace

TEST_CASE("webhooks wait where no account at all can be seen, and are applied once one can") {
  test::database db;
  receiver_inside on(db);
  db.execute("alter table shipping_accounts rename to out_of_sight");
  auto steps = [&]() -> task<void> {
    webhook named = order(1);
    named.account = "acc-1";
    std::vector<webhook> rows{named, order(2)};
    auto answers = co_await on.store(std::move(rows));
    for (const auto& each : answers) REQUIRE(each);
    while (!on.accounts.sees_none()) co_await runtime::sleep_for(10ms);
    co_await runtime::sleep_for(1500ms);
    CHECK(db.value(outcomes) == "0");
    CHECK(db.value(nothing_pending) == "2");
    CHECK(on.accounts.list().empty());
    db.execute("alter table out_of_sight rename to shipping_accounts");
    co_await on.until("select string_agg(outcome, ' ') from suivi.event_outcome", "applied applied");
    co_await on.until(nothing_pending, "0");
    CHECK(on.accounts.list().size() == 1);
  };
  on.run(steps());
}

TEST_CASE("webhooks of an account that a policy hides wait for it, and those of one that is not there are a "
          "conflict") {
  test::database db;
  receiver_inside on(db);
  test::add_account(db, "acc-2");
  db.execute(R"(alter table shipping_accounts enable row level security;
                create policy part on shipping_accounts using ("id" <> 'acc-1'))");
  auto steps = [&]() -> task<void> {
    webhook hidden = order(1), visible = order(2);
    hidden.account = "acc-1";
    visible.account = "acc-2";
    std::vector<webhook> rows{hidden, visible};
    auto answers = co_await on.store(std::move(rows));
    for (const auto& each : answers) REQUIRE(each);
    co_await on.until("select state || ': ' || error from suivi.pending",
                      "failed: its account is not seen: row-level security may hide it");
    CHECK(db.value("select string_agg(error, ',') from suivi.event_outcome") ==
          "the order belongs to another account");
    db.execute(R"(alter policy part on shipping_accounts using (true))");
    co_await on.until("select count(*) from suivi.event_outcome where outcome = 'applied'", "1");
    co_await on.until(nothing_pending, "0");
    webhook unknown = order(3);
    unknown.account = "nobody";
    std::vector<webhook> more{unknown};
    answers = co_await on.store(std::move(more));
    co_await on.until(
        "select count(*) from suivi.event_outcome where error = 'the address names an unknown account'", "1");
  };
  on.run(steps());
}
