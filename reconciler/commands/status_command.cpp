// What the database knows of sweeps and accounts, beside the schedule of the settings.
#include "reconciler/commands/status_command.hpp"

#include "common/program/terminal.hpp"
#include "common/verdict/problems.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/commands/status_report.hpp"
#include "reconciler/schedule/due.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

namespace suivi::reconciler {
namespace {

struct status_request {
  std::vector<shop::account> accounts;
  std::int64_t limit = 0;
  bool one_account = false;
};

// As the worker finds it due: by the schedule, or once more where the last one was incomplete.
std::optional<instant> next_full_of(const schedule& times, const account_starts& of, instant now) {
  last_sweep_starts last{of.full, of.any, of.incomplete_fulls, of.full_ended};
  if (due_at(times, last, milliseconds(0), now) == due::full) return now;
  return next_due(times, last, milliseconds(0), now);
}

task<result<status_report>> read_status(services& p, status_request request) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return db.error();
  auto starts = co_await read_sweep_starts(**db);
  if (!starts) co_return starts.error();
  auto worker = co_await last_worker_sign(**db, verdict::sign_of_life);
  if (!worker) co_return worker.error();
  auto known = co_await known_accounts(**db);
  if (!known) co_return known.error();
  std::vector<std::string> ids;
  for (const shop::account& a : request.accounts) ids.push_back(a.id);
  auto sweeps = co_await last_sweeps(**db, std::move(ids), request.limit);
  if (!sweeps) co_return sweeps.error();

  status_report r;
  r.now = starts->now;
  r.timezone = p.settings.reconciler.timezone;
  schedule times(p.settings.reconciler.schedule, r.timezone);
  r.next_full = times.next_after(r.now);
  r.worker = *worker;
  r.sweeps = std::move(*sweeps);
  milliseconds every = p.settings.reconciler.incremental_every;
  for (shop::account& a : request.accounts) {
    account_status& one = r.accounts.emplace_back();
    for (const known_account& k : *known)
      if (k.id == a.id) one.known = k;
    const account_starts& begun = starts->accounts[a.id];
    instant free_from = r.now + begun.courier_pause;
    if (begun.courier_pause.count() > 0) one.paused_until = free_from;
    one.next_full = next_full_of(times, begun, r.now);
    if (one.next_full) one.next_full = std::max(free_from, *one.next_full);
    if (every.count() > 0) one.next_incremental = std::max(free_from, begun.any ? *begun.any + every : r.now);
    if (request.one_account) {
      auto left_out = co_await orders_left_out(**db, a.id);
      if (!left_out) co_return left_out.error();
      one.left_out = std::move(*left_out);
    }
    one.account = std::move(a);
  }
  co_return r;
}

} // namespace

task<int> status_command(services& p, status_arguments arguments) {
  auto current = co_await schema_is_current(p);
  if (!current) co_return fail(current.error());
  status_request request;
  request.limit = arguments.limit;
  request.one_account = !arguments.account.empty();
  if (request.one_account) {
    auto meant = co_await accounts_meant(p, arguments.account);
    if (const int* status = std::get_if<int>(&meant)) co_return *status;
    request.accounts = std::move(std::get<std::vector<shop::account>>(meant));
  } else {
    auto accounts = co_await accounts_now(p, database_patience);
    if (!accounts) co_return fail(accounts.error());
    request.accounts = std::move(*accounts);
  }
  auto report = co_await read_status(p, std::move(request));
  if (!report) co_return fail(report.error());
  if (arguments.json)
    print_json(to_json(*report));
  else
    fmt::print("{}", to_text(*report, palette(program::wants_color(STDOUT_FILENO))));
  co_return exits::done;
}

} // namespace suivi::reconciler
