// Accounts: keys, hooks, webhooks, sweeps.
#include "tests/unit/reconciler/doctor/checks/healthy_shop.hpp"

using namespace suivi;
using namespace suivi::reconciler;
using namespace suivi::test;

TEST_CASE("a company that is switched off fails unless there are accounts of others") {
  doctor_facts f = healthy();
  f.company->inactive = {"guepex"};
  CHECK(result_of(f, "company") == "WARN");
  CHECK(contains(of(f, "company").detail, "not active: `guepex`"));
  f.accounts.clear();
  CHECK(result_of(f, "company") == "FAIL");
}

TEST_CASE("a shop whose accounts are in the environment needs no company and no tables of accounts") {
  doctor_facts f = healthy();
  f.company->active.clear();
  CHECK(result_of(f, "company") == "FAIL");
  f.accounts_from_environment = true;
  CHECK(result_of(f, "company") == "PASS");
  CHECK(contains(of(f, "company").detail, "no row with a courier's slug (`maystro`, `guepex`, `nord_west`); "
                                          "the environment has the accounts"));
  f.company->alike = {"Maystro-Delivery"};
  CHECK(result_of(f, "company") == "WARN");
  f.tables->account_tables = false;
  f.company.reset();
  CHECK(result_of(f, "company") == "PASS");
  CHECK(of(f, "company").remedy.empty());
  f.accounts_from_environment = false;
  CHECK(result_of(f, "company") == "FAIL");
}

TEST_CASE("a company under another slug is named, beside others that are right too") {
  doctor_facts f = healthy();
  f.company->alike = {"nord-west"};
  CHECK(result_of(f, "company") == "WARN");
  CHECK(contains(of(f, "company").detail, "`nord-west`"));
  f.accounts.clear();
  CHECK(result_of(f, "company") == "FAIL");
}

TEST_CASE("companies of which no account is are of no use") {
  doctor_facts f = healthy();
  f.accounts.clear();
  CHECK(result_of(f, "company") == "PASS"); // theirs are switched off, which another check tells
  f.company->accounts = 0;
  CHECK(result_of(f, "company") == "FAIL");
}

TEST_CASE("accounts of other couriers are named") {
  doctor_facts f = healthy();
  CHECK_FALSE(judged(f, "other couriers"));
  f.company->others = {{"zr_express", 2}};
  CHECK(result_of(f, "other couriers") == "PASS");
  CHECK(contains(of(f, "other couriers").detail, "2 of `zr_express`"));
}

TEST_CASE("no account at all, one without a key and one that is not active are told apart") {
  doctor_facts f = healthy();
  f.accounts.front().has_key = false;
  CHECK(result_of(f, "key_refused") == "FAIL");
  CHECK(contains(of(f, "key_refused").remedy, "`apiKey`"));
  f.accounts.clear();
  f.company->inactive_accounts = 1;
  CHECK(result_of(f, "accounts") == "FAIL");
  CHECK(contains(of(f, "accounts").detail, "1 not active"));
}

TEST_CASE("an account with open orders that is switched off is told by its id") {
  doctor_facts f = healthy();
  f.inactive_with_orders = {{"acc-9", "Old", 12}};
  CHECK(result_of(f, "inactive account") == "WARN");
  CHECK(of(f, "inactive account").account == "acc-9");
  CHECK(contains(of(f, "inactive account").detail, "12 open order(s)"));
}

TEST_CASE("a key of the environment fails while open orders have accounts") {
  doctor_facts f = healthy();
  f.accounts_from_environment = true;
  f.open_orders_with_account = 0;
  CHECK(result_of(f, "accounts") == "PASS");
  f.open_orders_with_account = 7;
  CHECK(result_of(f, "accounts") == "FAIL");
  CHECK(contains(of(f, "accounts").detail, "7 open order(s) have one"));
}

TEST_CASE("accounts that could not be read are not taken for none") {
  doctor_facts f = healthy();
  f.accounts.clear();
  f.accounts_known = false;
  f.failed_reads.push_back({"accounts", std::nullopt, permanent("sqlstate:55P03", "locked")});
  CHECK(result_of(f, "accounts") == "FAIL");
  CHECK(contains(of(f, "accounts").detail, "could not be looked at"));
}

TEST_CASE("a refused key and a courier that is away both fail and differ in name and remedy") {
  doctor_facts f = healthy();
  f.accounts.front().key = permanent("courier:unauthorized", "401");
  CHECK(result_of(f, "key_refused") == "FAIL");
  CHECK(of(f, "key_refused").account == "acc-1");
  CHECK(contains(of(f, "key_refused").remedy, "new token"));
  f.accounts.front().key = transient("http:refused", "no");
  CHECK(result_of(f, "courier") == "FAIL");
  CHECK(contains(of(f, "courier").remedy, "maystro.base_url"));
  CHECK_FALSE(judged(f, "key_refused"));
  f.accounts.front().key = transient("sqlstate:25006", "cannot execute INSERT in a read-only transaction");
  CHECK(contains(of(f, "courier").detail, "the database refused"));
  CHECK(contains(of(f, "courier").remedy, "`writable`"));
  f.accounts.front().key.reset();
  f.accounts.front().was_read = false;
  CHECK(result_of(f, "courier") == "FAIL");
}

TEST_CASE("keys that are equal or swapped between two accounts fail") {
  doctor_facts f = healthy();
  account_facts& a = f.accounts.front();
  a.listed_of = {{"acc-1", 12}, {"acc-2", 3}, {"", 5}}; // strays are conflicts, told elsewhere
  CHECK(result_of(f, "key owner") == "PASS");
  a.listed_of = {{"acc-2", 17}, {"", 3}};
  CHECK(result_of(f, "key owner") == "FAIL");
  CHECK(contains(of(f, "key owner").detail, "17 belong to orders of the account `acc-2`"));
  a.listed_compared = false;
  CHECK_FALSE(judged(f, "key owner"));
  a.same_key = {"acc-2"};
  CHECK(result_of(f, "key owner") == "FAIL");
  CHECK(contains(of(f, "key owner").detail, "the same key as `acc-2`"));
}

TEST_CASE("the courier's clock is judged within what its whole seconds leave open") {
  doctor_facts f = healthy();
  f.database_clock.reset();
  f.accounts.front().courier_clock = clock_interval{400ms, 1500ms};
  CHECK(result_of(f, "clock_skew") == "WARN");
  CHECK(of(f, "clock_skew").account == "acc-1");
  CHECK(of(f, "clock_skew").courier == "maystro");
  f.accounts.front().courier_clock = clock_interval{-5min - 1s, -5min};
  CHECK(result_of(f, "clock_skew") == "FAIL");
}

TEST_CASE("hooks that are missing warn and name the command") {
  doctor_facts f = healthy();
  f.accounts.front().hooks->missing = {"OrderDelivered"};
  CHECK(result_of(f, "hooks_missing") == "WARN");
  CHECK(of(f, "hooks_missing").remedy == "Run `suivi-reconciler hooks ensure --account acc-1`.");
  f.public_url_set = false;
  CHECK(contains(of(f, "hooks_missing").remedy, "receiver.public_url"));
}

TEST_CASE("hooks at the old addresses are registered hooks, and no remedy doubles them") {
  doctor_facts f = healthy();
  account_facts& a = f.accounts.front();
  a.hooks = hook_facts{{}, {"OrderStatusChanged"}, false, {"OrderStatusChanged"}, true};
  CHECK(result_of(f, "hooks_missing") == "PASS");
  a.hooks->old_address_has_secret = false;
  CHECK(result_of(f, "hooks_missing") == "PASS"); // webhooks come: something adds the secret
  a.webhooks = webhook_facts{};
  CHECK(result_of(f, "hooks_missing") == "WARN");
  CHECK(contains(of(f, "hooks_missing").remedy, "only then"));
}

TEST_CASE("an account is silent only if something changed meanwhile") {
  doctor_facts f = healthy();
  webhook_facts& w = *f.accounts.front().webhooks;
  w.last_webhook_at = noon - 48h;
  CHECK(result_of(f, "webhooks_silent") == "PASS");
  w.missed = 1;
  CHECK(result_of(f, "webhooks_silent") == "WARN");
  w.last_webhook_at = noon - 1h;
  CHECK(result_of(f, "webhooks_silent") == "PASS");
}

TEST_CASE("silence of a courier whose webhooks are registered by hand is not to be mended by the API") {
  doctor_facts f = healthy();
  account_facts& a = f.accounts.front();
  a.registers_hooks = false;
  a.hooks.reset();
  for (auto last : {std::optional<instant>(noon - 48h), std::optional<instant>()}) {
    a.webhooks = webhook_facts{last, 3};
    CHECK(result_of(f, "webhooks_silent") == "WARN");
    CHECK(contains(of(f, "webhooks_silent").remedy, "hooks list --account"));
    CHECK(contains(of(f, "webhooks_silent").remedy, "in the courier's dashboard"));
    CHECK_FALSE(contains(of(f, "webhooks_silent").remedy, "hooks test"));
    CHECK_FALSE(contains(of(f, "webhooks_silent").remedy, "hooks ensure"));
  }
  a.webhooks = webhook_facts{std::nullopt, 0};
  CHECK(result_of(f, "webhooks_silent") == "PASS"); // nothing has changed that it could have told
}

TEST_CASE("an incomplete sweep warns, and one that never was complete is late") {
  doctor_facts f = healthy();
  sweep_standing& s = *f.accounts.front().sweeps;
  s.last_full->complete = false;
  s.last_full->reason = "1 page(s) could not be read: 2";
  CHECK(result_of(f, "sweep_incomplete") == "WARN");
  CHECK(contains(of(f, "sweep_incomplete").detail, "page(s) could not be read"));
  CHECK(result_of(f, "sweep_late") == "PASS");
  s.complete_as_of.reset();
  CHECK(result_of(f, "sweep_late") == "FAIL");
  s.running_since = noon - 1min;
  CHECK(result_of(f, "sweep_late") == "PASS");
}

TEST_CASE("a worker that is dead for days is told at any time of the day") {
  doctor_facts f = healthy();
  f.accounts.front().sweeps->complete_as_of = noon - 5 * 24h;
  for (auto due : {1min, 60min, 119min, 121min, 359min}) {
    f.sweep_due = noon - due;
    CAPTURE(due.count());
    CHECK(result_of(f, "sweep_late") == "FAIL");
  }
  CHECK(contains(of(f, "sweep_late").detail, "5 days ago"));
}

TEST_CASE("a sweep that was due hours ago and did not happen fails") {
  doctor_facts f = healthy();
  f.sweep_due = noon - 150min;
  f.accounts.front().sweeps->complete_as_of = noon - 7h;
  CHECK(result_of(f, "sweep_late") == "FAIL");
  f.sweep_due = noon - 1h;
  CHECK(result_of(f, "sweep_late") == "PASS");
}

TEST_CASE("a full sweep that runs for hours hangs, and one that runs does not excuse days without any") {
  doctor_facts f = healthy();
  sweep_standing& s = *f.accounts.front().sweeps;
  s.running_since = noon - 100min;
  CHECK(result_of(f, "sweep_late") == "PASS");
  s.complete_as_of = noon - 9h;
  CHECK(result_of(f, "sweep_late") == "FAIL");
  s.complete_as_of = noon - 5h;
  s.running_since = noon - 3h;
  CHECK(result_of(f, "sweep_late") == "FAIL");
  CHECK(contains(of(f, "sweep_late").detail, "running for 3 hours"));
}

TEST_CASE("without scheduled full sweeps none is overdue") {
  doctor_facts f = healthy();
  f.longest_gap.reset();
  f.sweep_due.reset();
  f.accounts.front().sweeps->complete_as_of = noon - 30 * 24h;
  CHECK(result_of(f, "sweep_late") == "PASS");
}

TEST_CASE("orders that the last full sweep could not write are told with the reason's place") {
  doctor_facts f = healthy();
  f.accounts.front().sweeps->last_full->conflicts = 2;
  CHECK(result_of(f, "sweep conflicts") == "WARN");
  CHECK(contains(of(f, "sweep conflicts").remedy, "shippingAccountId"));
  f.accounts.front().sweeps->last_full->refused = 1;
  CHECK(contains(of(f, "sweep conflicts").detail, "refused 1 order(s)"));
  CHECK(contains(of(f, "sweep conflicts").remedy, "SQLSTATE"));
}

TEST_CASE("an account of another courier is asked for its own credentials and hooks") {
  doctor_facts f = healthy();
  account_facts& a = f.accounts.front();
  a.registers_hooks = a.has_webhooks = false;
  a.hooks.reset();
  f.public_url_set = false;
  CHECK_FALSE(judged(f, "hooks_missing"));
  CHECK_FALSE(judged(f, "webhooks_silent"));
  a.has_key = false;
  a.credential_names = "credentials under `apiToken` and `userGuid`";
  CHECK(contains(of(f, "key_refused").remedy, "the courier's credentials under `apiToken` and `userGuid`"));
  a.same_key = {"acc-2"};
  CHECK(contains(of(f, "key owner").remedy, "`userGuid`"));
  a.has_key = true;
  a.key = transient("http:refused", "refused");
  a.base_url_setting = "nord_west.base_url";
  CHECK(contains(of(f, "courier").remedy, "nord_west.base_url"));
  CHECK_FALSE(contains(of(f, "courier").remedy, "maystro.base_url"));
}

TEST_CASE("an incremental sweep is judged beside the full one, and neither hides the other") {
  doctor_facts f = healthy();
  CHECK_FALSE(judged(f, "incremental sweeps")); // there was none
  auto& sweeps = *f.accounts.front().sweeps;
  sweeps.last_full->complete = false;
  sweeps.last_full->reason = "page 3";
  sweeps.last_incremental = sweep_facts{noon - 3min, true, "", 0, 0};
  CHECK(result_of(f, "sweep_incomplete") == "WARN");
  CHECK(result_of(f, "incremental sweeps") == "PASS");
  sweeps.last_full->complete = true;
  sweeps.last_incremental = sweep_facts{noon - 3min, false, "page 1", 0, 0};
  CHECK(result_of(f, "sweep_incomplete") == "PASS");
  CHECK(result_of(f, "incremental sweeps") == "WARN");
  CHECK(contains(of(f, "incremental sweeps").detail, "3 minutes ago, is incomplete: page 1"));
}

TEST_CASE("a courier that refused requests as too many is told, and until when nobody asks it") {
  doctor_facts f = healthy();
  CHECK_FALSE(judged(f, "requests left"));
  quota_facts& quota = f.accounts.front().quota.emplace();
  CHECK(result_of(f, "requests left") == "PASS");
  quota.lockouts = 3;
  quota.locked_at = f.now - std::chrono::minutes(1);
  quota.closed_until = f.now + std::chrono::minutes(3);
  CHECK(result_of(f, "requests left") == "WARN");
  CHECK(contains(of(f, "requests left").detail, "3 time(s)"));
  quota.closed_until = f.now - std::chrono::seconds(1);
  CHECK(contains(of(f, "requests left").detail, "one too many just now"));
  quota.locked_at = f.now - std::chrono::hours(30);
  CHECK(result_of(f, "requests left") == "PASS");
}
