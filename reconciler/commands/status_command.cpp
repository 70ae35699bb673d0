// What the database knows of sweeps and accounts, beside the schedule of the settings.
#include "reconciler/commands/status_command.hpp"

#include "common/json/json_values.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/schedule/schedule.hpp"
#include "reconciler/store/sweep_history.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

namespace json = boost::json;

constexpr std::int64_t sweeps_max = 20;

} // namespace

task<int> status_command(services& p, bool as_json) {
  auto current = co_await schema_is_current(p);
  if (!current) co_return fail(current.error());
  auto accounts = co_await accounts_now(p, database_patience);
  if (!accounts) co_return fail(accounts.error());
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return fail(db.error());
  auto sweeps = co_await last_sweeps(**db, sweeps_max);
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
    known_account account;
    for (const known_account& k : *known)
      if (k.id == a.id) account = k;
    json::object o;
    o["id"] = a.id;
    o["name"] = a.name;
    o["courier"] = slug(a.courier.courier);
    o["hasKey"] = maystro::is_complete(a.courier);
    o["sweeping"] = account.leased;
    o["watermark"] = or_null(account.full_watermark);
    o["incrementalWatermark"] = or_null(account.incremental_watermark);
    o["heardAt"] = or_null(account.heard_at);
    auto last = starts->find(a.id);
    std::optional<instant> incremental;
    if (every.count() > 0)
      incremental = last == starts->end() ? now() : std::max(now(), last->second + every);
    o["nextIncrementalAt"] = or_null(incremental);
    o["problem"] = or_null(account.problem);
    account_list.push_back(std::move(o));
    text +=
        fmt::format("  {:<28} {:<24} complete as of {}{}\n", a.id, a.name,
                    account.full_watermark ? format_instant(*account.full_watermark) : std::string("never"),
                    account.problem ? "; " + *account.problem : std::string());
  }
  json::array sweep_list;
  std::vector<shop::sweep_report> finished;
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
  print_json(document);
  co_return exits::done;
}

} // namespace suivi::reconciler
