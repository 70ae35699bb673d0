// Serves requests to register hooks, one account after the other.
#include "reconciler/worker/hook_requests.hpp"

#include "common/log/log.hpp"
#include "common/shop/account_statistics.hpp"
#include "reconciler/hooks/hook_owner.hpp"
#include "reconciler/hooks/hook_registrar.hpp"
#include "reconciler/hooks/hook_state.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

constexpr milliseconds poll_every{500};
constexpr milliseconds connection_wait{2'000};

constexpr pg::statement find_requested{"hooks_asked", R"sql(
select id from suivi.account where hooks_asked_at > clock_timestamp() - interval '1 minute' order by hooks_asked_at
)sql"};

constexpr pg::statement done{"hooks_done", R"sql(
update suivi.account set hooks_asked_at = null where id = $1 and hooks_asked_at is not null
)sql"};

task<std::vector<std::string>> requested_accounts(services& p) {
  std::vector<std::string> ids;
  auto db = co_await p.database.acquire(steady_now() + connection_wait);
  if (!db) co_return ids;
  auto found = co_await (*db)->run(find_requested);
  if (!found) co_return ids; // the worker's own look at the database says so
  for (std::size_t i = 0; i < found->size(); ++i) ids.emplace_back(found->text(i, 0));
  co_return ids;
}

hook_state state_of(const hook_report& r) {
  hook_state state;
  state.wanted = r.wanted;
  for (const std::string& name : r.wanted)
    if (std::find(r.missing.begin(), r.missing.end(), name) == r.missing.end())
      state.registered.push_back(name);
  if (r.failed) state.problem = to_string(*r.failed);
  return state;
}

// Another process that changes the account's hooks right now is left alone: the next look comes soon.
task<void> serve(services& p, shop::account who, hook_owner owner) {
  hook_state state;
  bool wanted = !p.settings.receiver.public_url.empty();
  if (wanted) {
    {
      auto db = co_await p.database.acquire(steady_now() + connection_wait);
      if (!db) co_return;
      auto mine = co_await claim_hooks(**db, who.id, who.name);
      if (!mine || !*mine) co_return;
    }
    hook_registrar hooks(p.client, p.database, who, p.settings.maystro.request_timeout, std::move(owner));
    hook_report report = co_await hooks.ensure();
    state = state_of(report);
    if (!who.from_environment) {
      auto db = co_await p.database.acquire(steady_now() + connection_wait);
      if (!db) co_return;
      auto counted = co_await shop::record_requests(**db, who.id, hooks.counts());
      (void)counted; // a shop without that table has no statistics
    }
  }
  auto db = co_await p.database.acquire(steady_now() + connection_wait);
  if (!db) co_return;
  auto noted = co_await record_hooks(**db, who.id, std::move(state));
  if (!noted) log::warn("the state of hooks could not be noted", {{"error", to_string(noted.error())}});
  pg::params which;
  which.text(who.id);
  auto settled = co_await (*db)->run(done, std::move(which));
  if (settled) log::info("hooks were registered for an operator", {{"account", who.id}});
}

} // namespace

task<void> serve_hook_requests(services& p) {
  for (;;) {
    co_await runtime::sleep_for(poll_every);
    auto ids = co_await requested_accounts(p);
    if (ids.empty()) continue;
    auto accounts = co_await accounts_now(p, connection_wait);
    if (!accounts) continue;
    for (const shop::account& who : *accounts) {
      if (std::find(ids.begin(), ids.end(), who.id) == ids.end()) continue;
      if (!courier::capabilities_of(who.courier.courier).registers_hooks) continue;
      hook_owner owner = owner_of_hooks(p.settings, who.id, *accounts);
      co_await serve(p, who, std::move(owner));
    }
  }
}

} // namespace suivi::reconciler
