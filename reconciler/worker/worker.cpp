// The loop of `run`: finds what is due, starts it, waits.
#include "reconciler/worker/worker.hpp"

#include "common/log/log.hpp"
#include "common/runtime/lifetime.hpp"
#include "common/runtime/service_notify.hpp"
#include "common/runtime/signals.hpp"
#include "common/shop/samples.hpp"
#include "common/shop/unknown_states.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "reconciler/schedule/due.hpp"
#include "reconciler/schedule/schedule.hpp"
#include "reconciler/store/sweep_history.hpp"
#include "reconciler/sweep/sweep_group.hpp"
#include "reconciler/worker/hook_monitor.hpp"
#include "reconciler/worker/hook_requests.hpp"
#include "reconciler/worker/maintenance.hpp"
#include "reconciler/worker/next_sweeps.hpp"
#include "reconciler/worker/problem_watch.hpp"
#include "reconciler/worker/reconciler_metrics.hpp"
#include "reconciler/worker/sweep_requests.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <list>
#include <map>

namespace suivi::reconciler {
namespace {

// How often it is looked whether an account is due: a clock that was set, an account that was added, a lease
// that lapsed.
constexpr milliseconds poll_pause_max{2'000};
constexpr milliseconds poll_pause_min{100};
constexpr milliseconds stop_grace{2'000};
constexpr milliseconds initial_hook_delay{60'000};
constexpr std::string_view sweeping_on_schedule = "sweeping on schedule"; // for `systemctl status`
constexpr milliseconds first_maintenance{10'000}; // the schema is there by then; else a minute later

// One account's sweep under way; each account has its own round, so that none waits for another's.
struct account_job {
  account_job(services& p, std::string of, due of_kind, instant since)
      : account(std::move(of)), kind(of_kind), due_since(since),
        round(p.executor, p.database, p.client, p.owner) {}
  std::string account;
  due kind;
  instant due_since; // by the database's clock
  sweep_group round;
  bool ended = false;
};

struct worker {
  worker(services& with)
      : p(with), times(p.settings.reconciler.schedule, p.settings.reconciler.timezone), life(p.executor),
        sweeping(p.executor, life.on_failure()), wake(p.executor),
        requests(p, [this](const shop::sweep_report& r) { numbers.count(r); }, life.on_failure()) {}

  services& p;
  schedule times;
  std::list<account_job> jobs;
  std::map<std::string, steady_time> last_begun; // by account: sweeps that came to their end
  runtime::lifetime life;
  runtime::task_group sweeping;
  runtime::wakeup wake;
  runtime::service_notifier service = runtime::service_notifier::from_environment();
  reconciler_metrics numbers;
  runtime::stop_deadline stop_deadline{runtime::stop_grace_max};
  sweep_request_poller requests; // what operators ask for
  bool stopping = false;
  bool migrated = false;
  bool had_accounts = false;
  bool database_missed = false; // said once for each absence
};

task<void> stop_when_wanted(worker& w) {
  co_await w.life.end_wanted();
  log::info("stopping");
  w.service.stopping("ending the sweeps under way", runtime::stop_grace_max);
  w.stopping = true;
  for (account_job& job : w.jobs) job.round.stop();
  w.requests.stop();
  w.wake.notify();
}

task<void> measure_loop(worker& w) {
  constexpr milliseconds every{500};
  for (;;) {
    steady_time due = steady_now() + every;
    co_await runtime::sleep_until(due);
    w.numbers.observe_loop_lag(steady_now() - due);
  }
}

void note_database(worker& w, const error& why) {
  if (!w.database_missed) {
    log::warn("the database cannot be used", {{"error", to_string(why)}});
    w.service.status("waiting for the database");
  }
  w.database_missed = true;
  if (pg::schema_is_missing(why)) w.migrated = false; // make it again
}

struct due_account {
  shop::account who;
  due kind;
  instant since;
};
struct duties {
  std::vector<due_account> now;
  std::optional<milliseconds> next_in; // when to look again
};

milliseconds rest_left_of(const worker& w, const std::string& account) {
  auto last = w.last_begun.find(account);
  if (last == w.last_begun.end()) return milliseconds(0);
  return rest_left(steady_now() - last->second, w.p.settings.reconciler.incremental_every);
}

// What the accounts are due for; nullopt if that cannot be told now.
task<std::optional<duties>> find_duties(worker& w) {
  if (!w.migrated) {
    auto done = co_await migrate_now(w.p, database_patience);
    if (!done) {
      note_database(w, done.error());
      co_return std::nullopt;
    }
    w.migrated = true;
  }
  auto accounts = co_await accounts_now(w.p, database_patience);
  if (!accounts) {
    note_database(w, accounts.error());
    co_return std::nullopt;
  }
  for (account_job& job : w.jobs) job.round.stop_changed(*accounts);
  w.requests.stop_changed(*accounts);
  auto db = co_await w.p.database.acquire(steady_now() + database_patience);
  if (!db) {
    note_database(w, db.error());
    co_return std::nullopt;
  }
  auto starts = co_await read_sweep_starts(**db);
  if (!starts) {
    note_database(w, starts.error());
    co_return std::nullopt;
  }
  auto unknown_states = co_await shop::count_unknown_states(**db);
  if (unknown_states) w.numbers.set_unknown_states(*unknown_states);
  w.had_accounts = w.had_accounts || !accounts->empty();
  instant at = starts->now; // never our own clock's: what it is compared with was written by the database's
  milliseconds every = w.p.settings.reconciler.incremental_every;
  duties found;
  std::vector<next_sweeps> next_ones;
  std::optional<instant> soonest = w.times.next_after(at);
  for (shop::account& a : *accounts) {
    const account_starts& known = starts->accounts[a.id];
    last_sweep_starts last{known.full, known.any, known.incomplete_fulls, known.full_ended};
    due kind = due_at(w.times, last, every, at);
    next_ones.push_back(reckon_next(a.id, a.name, w.times, last, every, at));
    std::optional<instant> next = next_due(w.times, last, every, at);
    if (next) soonest = std::min(soonest.value_or(*next), *next);
    if (kind == due::nothing) continue;
    milliseconds rest = std::max(rest_left_of(w, a.id), known.courier_pause);
    if (rest.count() > 0)
      found.next_in = std::min(found.next_in.value_or(rest), rest);
    else
      found.now.push_back({std::move(a), kind, at});
  }
  auto recorded = co_await record_next(**db, std::move(next_ones));
  if (!recorded) {
    note_database(w, recorded.error()); // it can be read and not written, perhaps
  } else {
    if (w.database_missed) w.service.status(sweeping_on_schedule);
    w.database_missed = false;
  }
  if (soonest) {
    milliseconds until = std::chrono::duration_cast<milliseconds>(*soonest - at);
    found.next_in = std::min(found.next_in.value_or(until), until);
  }
  co_return found;
}

task<void> sweep_account(worker& w, account_job& job, shop::account who) {
  sweep_options options = sweep_options_of(w.p.settings);
  options.kind = job.kind == due::full ? sweep_kind::full : sweep_kind::incremental;
  options.due_since = job.due_since;
  std::vector<shop::account> accounts;
  accounts.push_back(std::move(who));
  steady_time begun = steady_now();
  auto outcome = co_await job.round.run(std::move(accounts), options, milliseconds(0), nullptr);
  if (!outcome.reports.empty()) w.last_begun[job.account] = begun;
  bool complete = false;
  for (const shop::sweep_report& r : outcome.reports) {
    w.numbers.count(r);
    complete = complete || r.complete;
  }
  if (outcome.failed) note_database(w, *outcome.failed);
  job.ended = true;
  if (complete) w.wake.notify(); // otherwise the next look is early enough
}

void begin_sweeps(worker& w, std::vector<due_account> now) {
  for (due_account& one : now) {
    bool busy = std::any_of(w.jobs.begin(), w.jobs.end(),
                            [&](const account_job& j) { return j.account == one.who.id; });
    if (busy) continue;
    account_job& job = w.jobs.emplace_back(w.p, one.who.id, one.kind, one.since);
    w.sweeping.spawn("sweep", sweep_account(w, job, std::move(one.who)));
  }
}

task<int> run_duties(worker& w) {
  bool first = true;
  while (!w.stopping) {
    std::erase_if(w.jobs, [](const account_job& job) { return job.ended; });
    auto found = co_await find_duties(w);
    if (first && found && !w.had_accounts) {
      fmt::print(
          stderr,
          "suivi-reconciler: no courier account: neither shipping_accounts nor MAYSTRO_API_KEY holds one\n");
      co_return exits::usage;
    }
    if (found) first = false;
    if (w.stopping) break;
    if (found) begin_sweeps(w, std::move(found->now));
    milliseconds pause = poll_pause_max;
    if (found && found->next_in)
      pause = std::clamp(*found->next_in + milliseconds(5), poll_pause_min, poll_pause_max);
    co_await w.wake.wait_until(steady_now() + pause);
  }
  co_await w.sweeping.join();
  co_return exits::done;
}

} // namespace

task<int> run_worker(services& p) {
  worker w(p);
  http::server_limits limits;
  limits.max_connections = 100;
  limits.max_body_bytes = 4 * 1024;
  http::handler on_request = health_handler(p.database, w.numbers);
  http::server health(p.executor, limits, on_request);
  auto listening = health.listen(p.settings.reconciler.listen);
  if (!listening) {
    fmt::print(stderr, "suivi-reconciler: {}\n", to_string(listening.error()));
    co_return exits::failed;
  }
  runtime::task_group beside(p.executor, w.life.on_failure());
  beside.spawn("signals", w.life.watch_signals());
  beside.spawn("watchdog", w.service.feed_watchdog());
  beside.spawn("stop", stop_when_wanted(w));
  beside.spawn("hooks", monitor_hooks(p, initial_hook_delay));
  beside.spawn("maintenance", run_maintenance(p, first_maintenance));
  beside.spawn("hook requests", serve_hook_requests(p));
  beside.spawn("samples", shop::keep_sampling(p.database, [&p] { return p.database.up(); }));
  beside.spawn("problems", watch_problems(p, w.numbers));
  beside.spawn("loop", measure_loop(w));
  runtime::task_group asking(p.executor, w.life.on_failure());
  asking.spawn("requests", w.requests.run());
  runtime::task_group serving(p.executor, w.life.on_failure());
  serving.spawn("health", health.run());
  log::info("started", {{"listen", p.settings.reconciler.listen},
                        {"port", health.port()},
                        {"timezone", p.settings.reconciler.timezone}});
  w.service.ready(sweeping_on_schedule);

  int status = co_await run_duties(w);

  w.requests.stop();
  co_await asking.join();
  health.drain(stop_grace);
  bool served = co_await serving.join_until(steady_now() + stop_grace + milliseconds(500));
  if (!served) serving.cancel();
  co_await serving.join();
  beside.cancel();
  co_await beside.join();
  log::info("stopped");
  co_return w.life.failed() ? exits::failed : status;
}

} // namespace suivi::reconciler
