// Collects the facts, runs the checks, prints them.
#include "reconciler/commands/doctor_command.hpp"

#include "common/base/palette.hpp"
#include "common/program/terminal.hpp"
#include "common/runtime/task_group.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/doctor/checks/checks.hpp"
#include "reconciler/doctor/collect/courier_facts.hpp"
#include "reconciler/doctor/collect/database_facts.hpp"
#include "reconciler/doctor/collect/fact_reader.hpp"
#include "reconciler/doctor/collect/program_facts.hpp"
#include "reconciler/schedule/schedule.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace suivi::reconciler {
namespace {

// Couriers and programs together; each of their requests has a limit of its own.
constexpr milliseconds all_answers{60'000};

// Under the limits of a look, so that a locked row does not hold up everything.
task<std::vector<shop::account>> load_accounts(services& p, pg::connection& db, doctor_facts& facts) {
  std::vector<shop::account> none;
  fact_reader reader(db, facts, collection_deadline());
  bool opened = co_await reader.open("accounts");
  facts.accounts_known = opened;
  if (!opened) co_return none;
  std::vector<shop::account> fallback = shop::environment_accounts(p.settings);
  auto loaded = co_await shop::load_accounts(db, p.settings.base_urls, std::move(fallback));
  co_await reader.close();
  facts.accounts_known = loaded.has_value();
  if (loaded) co_return std::move(*loaded);
  reader.note("accounts", loaded.error());
  co_return none;
}

bool same_credentials(const courier::credentials& a, const courier::credentials& b) {
  return a.courier == b.courier && a.api_key.reveal() == b.api_key.reveal() &&
         a.user.reveal() == b.user.reveal();
}

void add_accounts(const std::vector<shop::account>& accounts, doctor_facts& facts) {
  for (const shop::account& a : accounts) {
    account_facts& one = facts.accounts.emplace_back();
    one.id = a.id;
    one.name = a.name;
    one.has_key = courier::is_complete(a.courier);
    facts.accounts_from_environment = facts.accounts_from_environment || a.from_environment;
    one.courier = slug(a.courier.courier);
    one.credential_names = courier::part_of(a.courier.courier).credential_names;
    one.base_url_setting = fmt::format("{}.base_url", one.courier);
    courier::capabilities can = courier::capabilities_of(a.courier.courier);
    one.lists_parcels = can.lists;
    one.reported_by_reference = can.references_max > 0;
    one.registers_hooks = can.registers_hooks;
    one.has_webhooks = can.sends_webhooks;
    one.has_signed_webhooks = can.signs_webhooks;
    for (const shop::account& other : accounts)
      if (other.id != a.id && one.has_key && same_credentials(a.courier, other.courier))
        one.same_key.push_back(other.id);
  }
}

task<void> collect(services& p, doctor_facts& facts) {
  std::vector<shop::account> accounts;
  {
    auto db = co_await p.database.acquire(steady_now() + database_patience);
    if (!db) {
      facts.database = db.error();
      co_return;
    }
    accounts = co_await load_accounts(p, **db, facts);
    add_accounts(accounts, facts);
    std::optional<std::string> schema = schema_meant(p.settings.database.url.reveal());
    co_await collect_from_database(**db, std::move(schema), facts);
  }
  runtime::task_group asking(p.executor);
  for (std::size_t i = 0; i < accounts.size(); ++i)
    asking.spawn("courier",
                 collect_from_courier(p, accounts[i], accounts, facts.accounts[i], facts.failed_reads));
  asking.spawn("programs", collect_from_programs(p, facts));
  bool all = co_await asking.join_until(steady_now() + all_answers);
  if (!all) {
    asking.cancel();
    co_await asking.join();
  }
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (db)
    co_await compare_listed(**db, facts);
  else
    facts.failed_reads.push_back({"key owner", std::nullopt, db.error()});
}

} // namespace

task<int> doctor_command(services& p, bool json) {
  doctor_facts facts;
  facts.now = now();
  facts.adopt_unassigned = p.settings.reconciler.adopt_unassigned;
  facts.public_url_set = !p.settings.receiver.public_url.empty();
  facts.public_url_https = p.settings.receiver.public_url.starts_with("https://");
  facts.longest_gap = longest_gap(p.settings.reconciler.schedule);
  co_await collect(p, facts);
  schedule times(p.settings.reconciler.schedule, p.settings.reconciler.timezone);
  facts.sweep_due = times.last_at(facts.now); // by PostgreSQL's clock, as all that it is compared with
  std::vector<check> checks = examine(facts);
  if (json)
    print_json(to_json(checks));
  else
    fmt::print("{}", to_table(checks, palette(program::wants_color(STDOUT_FILENO))));
  co_return any_failed(checks) ? exits::failed : exits::done;
}

} // namespace suivi::reconciler
