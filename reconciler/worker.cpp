// The loop of `run`.
#include "reconciler/worker.hpp"

#include "common/log/log.hpp"
#include "common/runtime/signals.hpp"
#include "reconciler/hooks_watch.hpp"
#include "reconciler/listener.hpp"
#include "reconciler/requests.hpp"
#include "reconciler/schedule.hpp"
#include "reconciler/sweep_round.hpp"

#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

// How often it is looked whether an account is due: a clock that was set, an account that was added, a lease that lapsed.
constexpr milliseconds look_again{5'000};
constexpr milliseconds stop_grace{2'000};

struct worker {
  worker(parts& with)
      : p(with), times(p.settings.reconciler.schedule, p.settings.reconciler.timezone),
        round(p.executor, p.database, p.client, p.owner), wake(p.executor),
        requests(p, [this](const report& r) { numbers.count(r); }) {}

  parts& p;
  schedule times;
  sweep_round round;
  runtime::wakeup wake;
  figures numbers;
  request_desk requests; // what operators ask for
  bool stopping = false;
  bool migrated = false;
  bool accounts_seen = false;
  bool database_missed = false; // said once for each absence
};

task<void> stop_on_signal(worker& w) {
  co_await runtime::stop_requested();
  log::info("stopping");
  w.stopping = true;
  w.round.stop();
  w.requests.stop();
  w.wake.notify();
}

void note_database(worker& w, const error& why) {
  if (!w.database_missed) log::warn("the database cannot be used", {{"error", to_string(why)}});
  w.database_missed = true;
  if (why.code == "sqlstate:3F000" || why.code == "sqlstate:42P01") w.migrated = false; // the schema is gone: make it again
}

// The accounts whose last scheduled sweep has not come to its end; nullopt if that cannot be told now.
task<std::optional<std::vector<shop::account>>> accounts_due(worker& w) {
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
  auto db = co_await w.p.database.acquire(std::chrono::steady_clock::now() + database_patience);
  if (!db) {
    note_database(w, db.error());
    co_return std::nullopt;
  }
  auto starts = co_await last_full_starts(**db);
  if (!starts) {
    note_database(w, starts.error());
    co_return std::nullopt;
  }
  w.database_missed = false;
  w.accounts_seen = w.accounts_seen || !accounts->empty();
  instant at = now();
  std::erase_if(*accounts, [&](const shop::account& a) {
    auto last = starts->find(a.id);
    std::optional<instant> started;
    if (last != starts->end()) started = last->second;
    return !w.times.missed(started, at);
  });
  co_return std::move(*accounts);
}

task<int> work(worker& w) {
  bool first = true;
  while (!w.stopping) {
    auto due = co_await accounts_due(w);
    if (first && due && !w.accounts_seen) {
      fmt::print(stderr, "suivi-reconciler: no courier account: neither shipping_accounts nor MAYSTRO_API_KEY holds one\n");
      co_return exits::usage;
    }
    if (due) first = false;
    if (due && !due->empty() && !w.stopping) {
      sweep_options options = w.p.options_of_sweeps();
      auto outcome = co_await w.round.run(std::move(*due), options, milliseconds(0), nullptr);
      for (const report& r : outcome.reports) w.numbers.count(r);
      if (outcome.failed) note_database(w, *outcome.failed);
    }
    if (w.stopping) break;
    steady_time again = std::chrono::steady_clock::now() + look_again;
    std::optional<instant> next = w.times.next_after(now());
    if (next) again = std::min(again, std::chrono::steady_clock::now() + (*next - now()) + milliseconds(5));
    co_await w.wake.wait_until(again);
  }
  co_return exits::done;
}

} // namespace

task<int> run_worker(parts& p) {
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
  runtime::task_group beside(p.executor);
  beside.spawn("signals", stop_on_signal(w));
  beside.spawn("hooks", watch_hooks(p));
  runtime::task_group asking(p.executor);
  asking.spawn("requests", w.requests.run());
  runtime::task_group serving(p.executor);
  serving.spawn("health", health.run());
  log::info("started", {{"listen", p.settings.reconciler.listen}, {"timezone", p.settings.reconciler.timezone}});

  int status = co_await work(w);

  w.requests.stop();
  co_await asking.join();
  health.drain(stop_grace);
  bool served = co_await serving.join_until(std::chrono::steady_clock::now() + stop_grace + milliseconds(500));
  if (!served) serving.cancel();
  co_await serving.join();
  beside.cancel();
  co_await beside.join();
  log::info("stopped");
  co_return status;
}

} // namespace suivi::reconciler
