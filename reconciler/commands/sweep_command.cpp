// The accounts side by side, with a progress bar beside them; a signal stops the sweep.
#include "reconciler/commands/sweep_command.hpp"

#include "common/base/palette.hpp"
#include "common/program/progress_bar.hpp"
#include "common/program/terminal.hpp"
#include "common/runtime/signals.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/sweep/options.hpp"
#include "reconciler/sweep/sweep_group.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace suivi::reconciler {
namespace {

namespace json = boost::json;

// The command beside a running sweep waits so long.
constexpr milliseconds lease_patience{10 * 60'000};

task<void> stop_on_signal(sweep_group& round) {
  co_await runtime::stop_requested();
  round.stop();
}

task<void> show_progress(const sweep_group& round) {
  steady_time begun = steady_now();
  for (;;) {
    account_sweep::progress far = round.how_far();
    program::progress current{far.rows, far.rows_expected, "orders", fmt::format("{} pages", far.pages),
                              std::nullopt};
    program::show_progress_line(
        program::progress_line(current, std::chrono::duration_cast<milliseconds>(steady_now() - begun)));
    co_await runtime::sleep_for(milliseconds(200));
  }
}

void print_reports(const std::vector<shop::sweep_report>& reports, bool as_json) {
  if (!as_json) {
    palette colors(program::wants_color(STDOUT_FILENO));
    fmt::print("{}", colors.with_bad(to_table(reports), "INCOMPLETE"));
    return;
  }
  json::array list;
  for (const shop::sweep_report& r : reports) list.push_back(to_json(r));
  json::object document;
  document["sweeps"] = std::move(list);
  print_json(document);
}

task<int> sweep_now(services& p, sweep_group& round, sweep_arguments arguments) {
  if (arguments.dry_run) {
    auto current = co_await schema_is_current(p, true);
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
  if (arguments.max_orders >= 0) {
    std::int64_t usual = options.max_orders;
    options.max_orders = arguments.max_orders;
    options.below_settings = options.max_orders > 0 && (usual == 0 || options.max_orders < usual);
  }

  runtime::task_group beside(p.executor);
  bool bar = program::shows_progress();
  if (bar) beside.spawn("progress", show_progress(round));
  std::function<void(const std::string&)> tell = say;
  auto outcome = co_await round.run(std::move(accounts), options, lease_patience, tell);
  beside.cancel();
  co_await beside.join();
  if (bar) program::end_progress();

  print_reports(outcome.reports, arguments.json);
  if (outcome.failed) co_return fail(*outcome.failed);
  for (const std::string& account : outcome.passed_over)
    say(fmt::format("account {}: another sweep is still running", account));
  if (!outcome.passed_over.empty()) co_return exits::failed;
  for (const shop::sweep_report& r : outcome.reports)
    if (!r.complete) co_return exits::incomplete;
  co_return exits::done;
}

} // namespace

task<int> sweep_command(services& p, sweep_arguments arguments) {
  sweep_group round(p.executor, p.database, p.client, p.owner);
  runtime::stop_deadline deadline(runtime::stop_grace_max);
  runtime::task_group beside(p.executor);
  beside.spawn("signals", stop_on_signal(round));
  int status = co_await sweep_now(p, round, std::move(arguments));
  beside.cancel();
  co_await beside.join();
  co_return round.stopped() ? exits::done
                            : status; // to be stopped is no failure; the reports say what is missing
}

} // namespace suivi::reconciler
