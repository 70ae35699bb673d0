// Sweeps several accounts at once, each under its lease.
#include "reconciler/sweep/sweep_group.hpp"

#include "common/log/log.hpp"
#include "reconciler/store/abandoned_claims.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

constexpr milliseconds poll_every{500};

} // namespace

sweep_group::sweep_group(asio::any_io_executor executor, pg::pool& database, http::client& client,
                         std::string owner)
    : executor_(std::move(executor)), database_(database), client_(client), owner_(std::move(owner)) {}

void sweep_group::stop() {
  stopping_ = true;
  for (slot& p : slots_)
    if (p.sweep) p.sweep->stop();
}

void sweep_group::stop_changed(std::span<const shop::account> in_force) {
  for (slot& p : slots_) {
    if (!p.sweep || p.done) continue;
    auto now = std::ranges::find(in_force, p.account.id, &shop::account::id);
    if (now == in_force.end())
      p.sweep->stop("the account was deleted or switched off meanwhile");
    else if (!courier::same(now->courier, p.account.courier))
      p.sweep->stop("the account was given another key or address meanwhile");
  }
}

account_sweep::progress sweep_group::how_far() const {
  account_sweep::progress sum;
  std::int64_t expected = 0;
  bool known = !slots_.empty();
  for (const slot& p : slots_) {
    if (!p.sweep) {
      known = false;
      continue;
    }
    account_sweep::progress one = p.sweep->how_far();
    sum.pages += one.pages;
    sum.rows += one.rows;
    if (one.rows_expected)
      expected += *one.rows_expected;
    else
      known = known && p.done.has_value();
  }
  if (known) sum.rows_expected = expected;
  return sum;
}

task<std::optional<lease>> sweep_group::wait_for_lease(const shop::account& account,
                                                       std::optional<instant> due_since,
                                                       milliseconds patience,
                                                       std::function<void(const std::string&)> say) {
  steady_time give_up = steady_now() + patience;
  bool said = false;
  while (!stopping_) {
    auto db = co_await database_.acquire(steady_now() + database_wait);
    if (!db) {
      failed_ = db.error();
      break;
    }
    auto got = co_await acquire_lease(**db, account.id, account.name, owner_, due_since);
    if (!got) {
      failed_ = got.error();
      break;
    }
    if (*got) co_return *got;
    if (steady_now() + poll_every > give_up) break;
    if (!said && say)
      say(fmt::format("account {}: another sweep is running, waiting for it to end", account.id));
    said = true;
    {
      auto back = std::move(*db); // not kept while waiting
    }
    co_await runtime::sleep_for(poll_every);
  }
  co_return std::nullopt;
}

task<void> sweep_group::drop_claims(lease held, bool of_default_courier) {
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) co_return; // the sweep meets that itself
  auto dropped = co_await drop_abandoned_claims(**db, held, of_default_courier);
  if (!dropped)
    log::warn("claims of accounts that are no more stay", {{"error", to_string(dropped.error())}});
}

task<void> sweep_group::run_one(slot& here, sweep_options options, milliseconds patience,
                                std::function<void(const std::string&)> say) {
  std::optional<lease> held;
  if (!options.dry_run) {
    held = co_await wait_for_lease(here.account, options.due_since, patience, say);
    if (!held) {
      here.passed_over = true;
      co_return;
    }
    if (options.kind == sweep_kind::full && !here.account.from_environment)
      co_await drop_claims(*held, here.account.courier.courier == default_courier);
  }
  here.sweep = std::make_unique<account_sweep>(executor_, database_, client_, here.account, options, held);
  if (stopping_) here.sweep->stop();
  shop::sweep_report done = co_await here.sweep->run();
  bool free = !done.id.empty() && done.id != "dry-run"; // begun: its end has freed the lease
  if (held && !free) {
    auto db = co_await database_.acquire(steady_now() + database_wait);
    if (db) {
      auto freed = co_await release_lease(**db, *held);
      if (!freed) log::warn("a lease could not be freed", {{"account", held->account}});
    }
  }
  here.done = std::move(done);
}

task<sweep_group::outcome> sweep_group::run(std::vector<shop::account> accounts, sweep_options options,
                                            milliseconds patience,
                                            std::function<void(const std::string&)> say) {
  slots_.clear();
  failed_.reset();
  slots_.reserve(accounts.size()); // run_one() keeps references
  for (shop::account& a : accounts) slots_.push_back(slot{std::move(a), nullptr, std::nullopt, false});
  runtime::task_group running(executor_);
  for (slot& p : slots_) running.spawn("sweep", run_one(p, options, patience, say));
  co_await running.join();

  outcome all;
  for (slot& p : slots_) {
    if (p.done) all.reports.push_back(std::move(*p.done));
    if (p.passed_over) all.passed_over.push_back(p.account.id);
  }
  all.failed = failed_;
  slots_.clear();
  co_return all;
}

} // namespace suivi::reconciler
