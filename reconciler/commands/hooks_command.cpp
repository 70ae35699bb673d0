// One account after the other: a shop's accounts may share a key, and then what one does the next one sees.
#include "reconciler/commands/hooks_command.hpp"

#include "common/log/log.hpp"
#include "common/shop/account_statistics.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/hooks/hook_owner.hpp"
#include "reconciler/hooks/hook_registrar.hpp"
#include "reconciler/hooks/hook_state.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

namespace json = boost::json;

// How long another process that changes the same hooks is waited for.
constexpr milliseconds claim_patience{150'000};
constexpr milliseconds claim_pause{500};

json::array to_array(const std::vector<std::string>& texts) {
  json::array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

json::object to_json(const hook_report& r, const std::string& verb) {
  json::object o;
  o["account"] = r.account;
  o["accountName"] = r.account_name;
  if (verb != "test") {
    json::array hooks;
    for (const shown_hook& h : r.hooks) {
      json::object one;
      one["id"] = h.id;
      one["endpoint"] = h.endpoint;
      one["trigger"] = h.trigger;
      one["ours"] = h.ours;
      hooks.push_back(std::move(one));
    }
    o["hooks"] = std::move(hooks);
    o["missing"] = to_array(r.missing);
  }
  if (verb == "ensure") o["added"] = to_array(r.added);
  if (verb == "ensure" || verb == "remove") o["removed"] = to_array(r.removed);
  o["error"] = r.failed ? json::value(to_string(*r.failed)) : json::value(nullptr);
  return o;
}

void print_text(const hook_report& r, const std::string& verb) {
  fmt::print("{}{}\n", r.account, r.account_name.empty() ? "" : fmt::format(" ({})", r.account_name));
  for (const shown_hook& h : r.hooks)
    fmt::print("  {:<22} {}{}\n", h.trigger, h.endpoint, h.ours ? "" : "  (not ours)");
  if (verb == "list" && r.hooks.empty() && !r.failed) fmt::print("  no hooks\n");
  if (!r.added.empty()) fmt::print("  added: {}\n", fmt::join(r.added, ", "));
  if (!r.removed.empty()) fmt::print("  removed: {}\n", fmt::join(r.removed, ", "));
  if (verb == "test" && !r.failed) fmt::print("  the courier was asked for a test message\n");
  if (verb == "list" && !r.missing.empty()) fmt::print("  missing: {}\n", fmt::join(r.missing, ", "));
  if (r.failed) fmt::print("  failed: {}\n", to_string(*r.failed));
}

task<bool> claimed(services& p, shop::account who) {
  steady_time give_up = steady_now() + claim_patience;
  bool said = false;
  for (;;) {
    {
      auto db = co_await p.database.acquire(steady_now() + database_patience);
      if (!db) {
        fail(db.error());
        co_return false;
      }
      auto mine = co_await claim_hooks(**db, who.id, who.name);
      if (!mine) {
        fail(mine.error());
        co_return false;
      }
      if (*mine) co_return true;
    }
    if (steady_now() > give_up) {
      say(fmt::format("account {}: another process still changes its hooks", who.id));
      co_return false;
    }
    if (!said)
      say(fmt::format("account {}: another process changes its hooks, waiting for it to end", who.id));
    said = true;
    co_await runtime::sleep_for(claim_pause);
  }
}

// Best effort: what the courier was told holds, whether or not it can be noted.
task<void> keep(services& p, const shop::account& who, const hook_registrar& asked, const hook_report& r,
                bool changing) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) {
    log::warn("the state of hooks could not be noted", {{"error", to_string(db.error())}});
    co_return;
  }
  if (!who.from_environment) {
    auto counted = co_await shop::record_requests(**db, who.id, asked.counts());
    (void)counted; // a shop without that table has no statistics
  }
  if (!changing) co_return;
  hook_state state;
  state.wanted = r.wanted;
  for (const std::string& name : r.wanted)
    if (std::find(r.missing.begin(), r.missing.end(), name) == r.missing.end())
      state.registered.push_back(name);
  if (r.failed) state.problem = to_string(*r.failed);
  auto noted = co_await record_hooks(**db, who.id, std::move(state));
  if (!noted) log::warn("the state of hooks could not be noted", {{"error", to_string(noted.error())}});
}

task<hook_report> act(hook_registrar& hooks, const std::string& verb) {
  if (verb == "ensure") return hooks.ensure();
  if (verb == "remove") return hooks.remove();
  return hooks.look();
}

std::optional<std::string> what_is_missing(const config::settings& s, const std::string& verb) {
  if (verb != "ensure" && verb != "remove") return std::nullopt;
  if (s.receiver.public_url.empty())
    return "receiver.public_url = (not set): the address under which the courier reaches the receiver, such "
           "as "
           "https://shop.example; give it in the settings file, as SUIVI_RECEIVER_PUBLIC_URL or as "
           "WEBHOOK_BASE_URL";
  if (verb == "remove") return std::nullopt;
  if (s.receiver.webhook_secrets.empty() && !s.receiver.allow_open)
    return "receiver.webhook_secrets = (not set): its first secret is part of what is registered; give it in "
           "the "
           "settings file, as SUIVI_RECEIVER_WEBHOOK_SECRETS or as MAYSTRO_WEBHOOK_SECRET";
  if (!s.receiver.webhook_secrets.empty() && s.receiver.webhook_secrets.front().reveal() == "***")
    return "receiver.webhook_secrets = ***: this is how --check-config hides a secret; put the secret itself "
           "here";
  return std::nullopt;
}

} // namespace

task<int> hooks_command(services& p, hooks_arguments arguments) {
  if (auto missing = what_is_missing(p.settings, arguments.verb)) {
    say(*missing);
    co_return exits::usage;
  }
  bool changing = arguments.verb == "ensure" || arguments.verb == "remove";
  if (changing) {
    auto migrated = co_await migrate_now(p, database_patience);
    if (!migrated) co_return fail(migrated.error());
  }
  auto all = co_await accounts_meant(p, "");
  if (const int* status = std::get_if<int>(&all)) co_return *status;
  auto meant = co_await accounts_meant(p, arguments.account);
  if (const int* status = std::get_if<int>(&meant)) co_return *status;
  const auto& accounts = std::get<std::vector<shop::account>>(all);

  int status = exits::done;
  json::array list;
  for (const shop::account& who : std::get<std::vector<shop::account>>(meant)) {
    hook_report r;
    r.account = who.id;
    r.account_name = who.name;
    hook_registrar hooks(p.client, who, p.settings.maystro.request_timeout,
                         owner_of_hooks(p.settings, who.id, accounts));
    if (who.courier.api_key.empty()) {
      r.failed = permanent("account:no_key", "the account has no key");
    } else if (arguments.verb == "test") {
      r.failed = co_await hooks.test();
      co_await keep(p, who, hooks, r, false);
    } else {
      if (changing) {
        bool mine = co_await claimed(p, who);
        if (!mine) co_return exits::failed;
      }
      r = co_await act(hooks, arguments.verb);
      co_await keep(p, who, hooks, r, changing);
    }
    if (r.failed) status = exits::failed;
    if (arguments.json)
      list.push_back(to_json(r, arguments.verb));
    else
      print_text(r, arguments.verb);
  }
  if (arguments.json) {
    json::object document;
    document["accounts"] = std::move(list);
    print_json(document);
  }
  co_return status;
}

} // namespace suivi::reconciler
