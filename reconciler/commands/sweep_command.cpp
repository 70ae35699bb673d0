// The one-off commands of commands.hpp.
#include "reconciler/commands/sweep_command.hpp"

#include "common/json/json_text.hpp"
#include "common/runtime/signals.hpp"
#include "common/schema/schema.hpp"
#include "common/shop/coverage.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/schedule/schedule.hpp"
#include "reconciler/sweep/options.hpp"
#include "reconciler/sweep/sweep_group.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace suivi::reconciler {
namespace {

namespace json = boost::json;

// The command beside a running sweep waits so long.
constexpr milliseconds lease_patience{10 * 60'000};
constexpr std::int64_t sweeps_shown = 20;

json::value or_null(const std::optional<instant>& t) {
  if (!t) return nullptr;
  return json::value(format_instant(*t));
}

task<void> stop_on_signal(sweep_group& round) {
  co_await runtime::stop_requested();
  round.stop();
}

task<void> show_progress(const sweep_group& round) {
  for (;;) {
    account_sweep::progress far = round.how_far();
    std::string line = fmt::format("{} pages, {} orders", far.pages, far.rows);
    if (far.rows_expected && *far.rows_expected > 0) {
      double part = std::min(1.0, static_cast<double>(far.rows) / static_cast<double>(*far.rows_expected));
      int filled = static_cast<int>(part * 30);
      line = fmt::format("[{:#<{}}{:.<{}}] {:3.0f} %  {} of {} orders", "", filled, "", 30 - filled,
                         part * 100, far.rows, *far.rows_expected);
    }
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
    co_await runtime::sleep_for(milliseconds(200));
  }
}

void print_reports(const std::vector<report>& reports, bool as_json) {
  if (!as_json) {
    fmt::print("{}", to_table(reports));
    return;
  }
  json::array list;
  for (const report& r : reports) list.push_back(to_json(r));
  json::object document;
  document["sweeps"] = std::move(list);
  fmt::print("{}\n", maystro::write_json(document));
}

task<int> sweep_now(services& p, sweep_group& round, sweep_arguments arguments) {
  if (arguments.dry_run) {
    auto current = co_await schema_is_current(p);
    if (!current) co_return fail(current.error());
  } else {
    auto migrated = co_await migrate_now(p, database_patience);
    if (!migrated) co_return fail(migrated.error());
  }
  auto meant = co_await accounts_meant(p, arguments.account);
  if (const int* status = std::get_if<int>(&meant)) co_return *status;
  auto& accounts = std::get<std::vector<shop::account>>(meant);
  sweep_options options = sweep_options_of(p.settings);
  options.kind = arguments.incremental ? sweep_kind::incremental : sweep_kind::full;
  options.dry_run = arguments.dry_run;
  if (arguments.max_orders >= 0) options.max_orders = arguments.max_orders;

  runtime::task_group beside(p.executor);
  bool bar = ::isatty(STDERR_FILENO) == 1;
  if (bar) beside.spawn("progress", show_progress(round));
  std::function<void(const std::string&)> tell = say;
  auto outcome = co_await round.run(std::move(accounts), options, lease_patience, tell);
  beside.cancel();
  co_await beside.join();
  if (bar) fmt::print(stderr, "\r\x1b[K");

  print_reports(outcome.reports, arguments.json);
  if (outcome.failed) co_return fail(*outcome.failed);
  for (const std::string& account : outcome.passed_over)
    say(fmt::format("account {}: another sweep is still running", account));
  if (!outcome.passed_over.empty()) co_return exits::failed;
  for (const report& r : outcome.reports)
    if (!r.complete) co_return exits::incomplete;
  co_return exits::done;
}

} // namespace

task<int> sweep_command(services& p, sweep_arguments arguments) {
  sweep_group round(p.executor, p.database, p.client, p.owner);
  runtime::task_group beside(p.executor);
  beside.spawn("signals", stop_on_signal(round));
  int status = co_await sweep_now(p, round, std::move(arguments));
  beside.cancel();
  co_await beside.join();
  co_return round.stopped() ? exits::done
                            : status; // to be stopped is no failure; the reports say what is missing
}

task<int> status_command(services& p, bool as_json) {
  auto current = co_await schema_is_current(p);
  if (!current) co_return fail(current.error());
  auto accounts = co_await accounts_now(p, database_patience);
  if (!accounts) co_return fail(accounts.error());
  auto db = co_await p.database.acquire(std::chrono::steady_clock::now() + database_patience);
  if (!db) co_return fail(db.error());
  auto sweeps = co_await last_sweeps(**db, sweeps_shown);
  if (!sweeps) co_return fail(sweeps.error());
  auto known = co_await known_accounts(**db);
  if (!known) co_return fail(known.error());
  auto starts = co_await last_starts(**db);
  if (!starts) co_return fail(starts.error());
  schedule times(p.settings.reconciler.schedule, p.settings.reconciler.timezone);
  milliseconds every = p.settings.reconciler.incremental_every;
  std::optional<instant> next = times.next_after(now());

  json::array account_list;
  std::string text =
      fmt::format("next full sweep: {}\n\naccounts\n", next ? format_instant(*next) : std::string("never"));
  for (const shop::account& a : *accounts) {
    known_account seen;
    for (const known_account& k : *known)
      if (k.id == a.id) seen = k;
    json::object o;
    o["id"] = a.id;
    o["name"] = a.name;
    o["hasKey"] = !a.courier.api_key.empty();
    o["sweeping"] = seen.leased;
    o["watermark"] = or_null(seen.full_watermark);
    o["incrementalWatermark"] = or_null(seen.incremental_watermark);
    o["heardAt"] = or_null(seen.heard_at);
    auto last = starts->find(a.id);
    std::optional<instant> incremental;
    if (every.count() > 0)
      incremental = last == starts->end() ? now() : std::max(now(), last->second + every);
    o["nextIncrementalAt"] = or_null(incremental);
    o["problem"] = seen.problem ? json::value(*seen.problem) : json::value(nullptr);
    account_list.push_back(std::move(o));
    text += fmt::format("  {:<28} {:<24} complete as of {}{}\n", a.id, a.name,
                        seen.full_watermark ? format_instant(*seen.full_watermark) : std::string("never"),
                        seen.problem ? "; " + *seen.problem : std::string());
  }
  json::array sweep_list;
  std::vector<report> finished;
  for (const known_sweep& s : *sweeps) {
    finished.push_back(s.r);
    if (s.running) finished.back().reason.reset(); // it reads as killed until its end
    json::object o = to_json(finished.back());
    o["running"] = s.running;
    sweep_list.push_back(std::move(o));
    if (s.running) finished.back().reason = "running";
  }
  if (!as_json) {
    fmt::print("{}\nlast sweeps\n{}", text, to_table(finished));
    co_return exits::done;
  }
  json::object document;
  document["nextSweepAt"] = or_null(next);
  document["accounts"] = std::move(account_list);
  document["sweeps"] = std::move(sweep_list);
  fmt::print("{}\n", maystro::write_json(document));
  co_return exits::done;
}

task<int> coverage_command(services& p, bool as_json) {
  auto db = co_await p.database.acquire(std::chrono::steady_clock::now() + database_patience);
  if (!db) co_return fail(db.error());
  auto counted = co_await shop::count_coverage(**db);
  if (!counted) co_return fail(counted.error());
  if (as_json) {
    fmt::print("{}\n", maystro::write_json(shop::to_json(*counted)));
    co_return exits::done;
  }
  auto line = [](const std::string& name, const shop::covered& c) {
    fmt::print("{:<36} {:>10} {:>14} {:>17} {:>9.2f} %\n", name, c.total, c.with_tracking,
               c.total - c.with_tracking, c.percentage());
  };
  fmt::print("{:<36} {:>10} {:>14} {:>17} {:>11}\n", "account", "orders", "with tracking", "without tracking",
             "coverage");
  for (const shop::covered& c : counted->by_account)
    line(c.account_name.empty() ? c.account_id : c.account_name, c);
  line("all", counted->sum);
  co_return exits::done;
}

task<int> migrate_command(services& p, bool check) {
  auto db = co_await p.database.acquire(std::chrono::steady_clock::now() + database_patience);
  if (!db) co_return fail(db.error());
  if (check) {
    auto missing = co_await pg::migrations_missing(**db, schema::all());
    if (!missing) co_return fail(missing.error());
    fmt::print("{}\n",
               *missing == 0 ? std::string("current") : fmt::format("behind by {} script(s)", *missing));
    co_return *missing == 0 ? exits::done : exits::failed;
  }
  auto ran = co_await pg::migrate(**db, schema::all());
  if (!ran) co_return fail(ran.error());
  fmt::print("{}\n", *ran == 0 ? std::string("current") : fmt::format("{} script(s) run", *ran));
  co_return exits::done;
}

} // namespace suivi::reconciler
