// Checks once a day that hooks are registered, and every few minutes that webhooks still come.
#include "reconciler/worker/hook_monitor.hpp"

#include "common/log/log.hpp"
#include "common/shop/account_statistics.hpp"
#include "common/shop/courier_pause.hpp"
#include "reconciler/hooks/hook_owner.hpp"
#include "reconciler/hooks/hook_registrar.hpp"
#include "reconciler/hooks/hook_state.hpp"
#include "reconciler/store/webhook_activity.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace suivi::reconciler {
namespace {

constexpr milliseconds poll_every{10 * 60'000};
constexpr milliseconds a_day{24 * 60 * 60'000};
constexpr milliseconds after_failure{60 * 60'000};

// The database may be away: then the next look will do.
task<void> check_hooks(services& p, shop::account who, hook_owner owner) {
  {
    auto db = co_await p.database.acquire(steady_now() + database_patience);
    if (!db) co_return;
    auto pause = co_await shop::courier_pause_left(**db, who.id);
    if (!pause || pause->count() > 0) co_return; // the courier wants to be left alone
    auto mine = co_await hook_check_is_due(**db, who.id, who.name, a_day);
    if (!mine || !*mine) co_return;
  }
  hook_registrar hooks(p.client, p.database, who, p.settings.maystro.request_timeout, std::move(owner));
  hook_report report = co_await hooks.inspect();
  hook_state state;
  state.wanted = report.wanted;
  for (const std::string& name : report.wanted)
    if (std::find(report.missing.begin(), report.missing.end(), name) == report.missing.end())
      state.registered.push_back(name);
  if (report.failed) {
    state.problem = fmt::format("could not be seen: {}", to_string(*report.failed));
    log::warn("the hooks of an account could not be read",
              {{"account", who.id}, {"error", to_string(*report.failed)}});
  } else if (!report.missing.empty()) {
    state.problem = fmt::format("not registered: {}", fmt::join(report.missing, ", "));
    log::warn("hooks are not registered: run `suivi-reconciler hooks ensure`",
              {{"account", who.id}, {"missing", fmt::format("{}", fmt::join(report.missing, ", "))}});
  }
  bool failed = report.failed.has_value();
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return;
  auto noted = co_await record_hooks(**db, who.id, std::move(state));
  if (!noted) log::warn("the state of hooks could not be noted", {{"error", to_string(noted.error())}});
  if (!who.from_environment) {
    auto counted = co_await shop::record_requests(**db, who.id, hooks.counts());
    (void)counted;
  }
  if (failed) {
    auto sooner = co_await postpone_hook_check(**db, who.id, after_failure);
    (void)sooner; // else it is looked at in a day
  }
}

task<void> check_silence(services& p, std::size_t accounts, std::string only,
                         std::map<std::string, instant>& warned) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return;
  std::optional<std::string> single;
  if (accounts == 1) single = std::move(only);
  auto found = co_await find_webhook_activity(**db, single);
  if (!found) co_return;
  for (const auto& [id, one] : *found) {
    if (!is_silent(one)) continue;
    instant& last = warned[id];
    if (one.as_of - last < a_day) continue;
    last = one.as_of;
    log::warn(
        "an account that used to send webhooks is silent: see `suivi-reconciler doctor`",
        {{"account", id}, {"lastWebhook", format_instant(*one.last_webhook_at)}, {"missed", one.missed}});
  }
  auto kept = co_await keep_webhook_activity(**db, *found);
  (void)kept; // else the next look takes longer
}

} // namespace

task<void> monitor_hooks(services& p, milliseconds initial_delay) {
  std::map<std::string, instant> warned;
  milliseconds pause = initial_delay;
  for (;;) {
    co_await runtime::sleep_for(pause);
    pause = poll_every;
    auto accounts = co_await accounts_now(p, database_patience);
    if (!accounts || accounts->empty()) continue;
    std::string first = accounts->front().id;
    co_await check_silence(p, accounts->size(), std::move(first), warned);
    if (p.settings.receiver.public_url.empty()) continue;
    for (const shop::account& who : *accounts) {
      if (who.courier.api_key.empty() || !courier::capabilities_of(who.courier.courier).registers_hooks)
        continue;
      hook_owner owner = owner_of_hooks(p.settings, who.id, *accounts);
      co_await check_hooks(p, who, std::move(owner));
    }
  }
}

} // namespace suivi::reconciler
