// Collects, judges, prints.
#include "reconciler/commands/doctor_command.hpp"

#include "common/runtime/task_group.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/doctor/checks.hpp"
#include "reconciler/doctor/courier_facts.hpp"
#include "reconciler/doctor/database_facts.hpp"
#include "reconciler/schedule/schedule.hpp"

#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

task<void> collect(services& p, doctor_facts& facts) {
  std::vector<shop::account> accounts;
  {
    auto db = co_await p.database.acquire(steady_now() + database_patience);
    if (!db) {
      facts.database = db.error();
      co_return;
    }
    std::vector<shop::account> fallback = shop::environment_accounts(p.settings);
    auto loaded = co_await shop::load_accounts(**db, p.settings.maystro.base_url, fallback);
    // Tables of another shape are found out below; the environment's accounts serve then.
    accounts = loaded ? std::move(*loaded) : std::move(fallback);
    for (const shop::account& a : accounts) {
      account_facts& one = facts.accounts.emplace_back();
      one.id = a.id;
      one.name = a.name;
      one.has_key = !a.courier.api_key.empty();
      facts.accounts_from_environment = a.from_environment;
    }
    co_await collect_from_database(**db, facts);
  }
  runtime::task_group asking(p.executor);
  for (std::size_t i = 0; i < accounts.size(); ++i)
    asking.spawn("courier", collect_from_courier(p, accounts[i], accounts, facts.accounts[i]));
  asking.spawn("programs", collect_from_programs(p, facts));
  co_await asking.join();
}

} // namespace

task<int> doctor_command(services& p, bool json) {
  doctor_facts facts;
  facts.now = now();
  facts.adopt_unassigned = p.settings.reconciler.adopt_unassigned;
  facts.public_url_set = !p.settings.receiver.public_url.empty();
  facts.public_url_https = p.settings.receiver.public_url.starts_with("https://");
  schedule times(p.settings.reconciler.schedule, p.settings.reconciler.timezone);
  facts.sweep_due = times.last_at(facts.now);
  co_await collect(p, facts);
  std::vector<check> checks = examine(facts);
  if (json)
    print_json(to_json(checks));
  else
    fmt::print("{}", to_table(checks));
  co_return any_failed(checks) ? exits::failed : exits::done;
}

} // namespace suivi::reconciler
