// One account after the other: a shop's accounts may share a key, and then what one does the next one sees.
#include "reconciler/commands/hooks_command.hpp"

#include "common/json/json_values.hpp"
#include "common/log/log.hpp"
#include "common/shop/account_statistics.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/hooks/hook_owner.hpp"
#include "reconciler/hooks/hook_registrar.hpp"
#include "reconciler/hooks/hook_state.hpp"

#include <algorithm>
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

json::object to_json(const hook_report& r, courier_kind of, const std::string& verb) {
  json::object o;
  o["account"] = r.account;
  o["accountName"] = r.account_name;
  o["courier"] = slug(of);
  if (verb != "test") {
    json::array hooks;
    for (const listed_hook& h : r.hooks) {
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
  for (const listed_hook& h : r.hooks)
    fmt::print("  {:<22} {}{}\n", h.trigger, h.endpoint, h.ours ? "" : "  (not ours)");
  if (verb == "list" && r.hooks.empty() && !r.failed) fmt::print("  no hooks\n");
  if (!r.added.empty()) fmt::print("  added: {}\n", fmt::join(r.added, ", "));
  if (!r.removed.empty()) fmt::print("  removed: {}\n", fmt::join(r.removed, ", "));
  if (verb == "test" && !r.failed) fmt::print("  the courier was asked for a test message\n");
  if (verb == "list" && !r.missing.empty()) fmt::print("  missing: {}\n", fmt::join(r.missing, ", "));
  if (r.failed) fmt::print("  failed: {}\n", to_string(*r.failed));
}

// Of a courier that registers nothing by its API: what is to be done by hand, where anything is.
struct by_hand {
  std::string address; // empty: the courier sends no webhooks, or public_url is not set
  std::optional<std::string> requested_at, last_webhook_at;
  std::string word; // for people
};

constexpr pg::statement last_signs{"hooks_last_signs", R"sql(
select a.challenged_at, greatest(a.webhook_heard_at, last.received_at)
from suivi.account a
left join lateral (
  select i.received_at from suivi.inbox i
  where i.account = a.id and i.stored_on >= (now() at time zone 'UTC')::date - 14 order by i.id desc limit 1) last on true
where a.id = $1
)sql"};

task<by_hand> read_without_courier(services& p, shop::account who) {
  by_hand found;
  if (!courier::capabilities_of(who.courier.courier).sends_webhooks) {
    found.word = fmt::format("{} sends no webhooks", display_name(who.courier.courier));
    co_return found;
  }
  const auto& receiver = p.settings.receiver;
  bool unknown = receiver.webhook_secrets.empty() && !receiver.allow_open;
  if (receiver.public_url.empty() || unknown) {
    found.word =
        "to be registered by hand; receiver.public_url and receiver.webhook_secrets say under which address";
    co_return found;
  }
  std::string word = receiver.webhook_secrets.empty() ? "open" : receiver.webhook_secrets.front().reveal();
  found.address = fmt::format("{}/webhooks/{}/{}?account={}", receiver.public_url, slug(who.courier.courier),
                              http::percent_encode(word), http::percent_encode(who.id));
  found.word = "to be registered by hand in the courier's dashboard";
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return found;
  pg::params with;
  with.text(who.id);
  auto signs = co_await (*db)->run(last_signs, std::move(with));
  if (!signs || signs->size() == 0) co_return found;
  if (auto noted = signs->maybe_timestamp(0, 0)) found.requested_at = format_instant(*noted);
  if (auto received = signs->maybe_timestamp(0, 1)) found.last_webhook_at = format_instant(*received);
  co_return found;
}

json::object to_json(const shop::account& who, const by_hand& found) {
  json::object o;
  o["account"] = who.id;
  o["accountName"] = who.name;
  o["courier"] = slug(who.courier.courier);
  o["address"] = found.address.empty() ? json::value(nullptr) : json::value(found.address);
  o["lastAsked"] = or_null(found.requested_at);
  o["lastSent"] = or_null(found.last_webhook_at);
  o["message"] = found.word;
  o["error"] = nullptr;
  return o;
}

void print_text(const shop::account& who, const by_hand& found) {
  fmt::print("{}{}\n  {}\n", who.id, who.name.empty() ? "" : fmt::format(" ({})", who.name), found.word);
  if (found.address.empty()) return;
  fmt::print("  {}\n  last asked: {}, last sent: {}\n", found.address, found.requested_at.value_or("never"),
             found.last_webhook_at.value_or("never"));
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
task<void> keep(services& p, const shop::account& who, const hook_registrar& made_by, const hook_report& r,
                bool changing) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) {
    log::warn("the state of hooks could not be noted", {{"error", to_string(db.error())}});
    co_return;
  }
  if (!who.from_environment) {
    auto counted = co_await shop::record_requests(**db, who.id, made_by.counts());
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
  return hooks.inspect();
}

std::optional<std::string> missing_setting(const config::settings& s, const std::string& verb) {
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
  if (auto missing = missing_setting(p.settings, arguments.verb)) {
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
    if (!courier::capabilities_of(who.courier.courier).registers_hooks) {
      bool is_read_only = arguments.verb == "list" || arguments.verb == "ensure";
      if (!is_read_only && !arguments.account.empty()) {
        say(fmt::format("account {}: {} registers no webhooks by its API, so there is nothing to {}", who.id,
                        display_name(who.courier.courier), arguments.verb));
        co_return exits::usage;
      }
      by_hand found;
      if (is_read_only)
        found = co_await read_without_courier(p, who);
      else
        found.word =
            fmt::format("skipped: {} registers no webhooks by its API", display_name(who.courier.courier));
      if (arguments.json)
        list.push_back(to_json(who, found));
      else
        print_text(who, found);
      continue;
    }
    hook_report r;
    r.account = who.id;
    r.account_name = who.name;
    hook_registrar hooks(p.client, p.database, who, p.settings.maystro.request_timeout,
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
      list.push_back(to_json(r, who.courier.courier, arguments.verb));
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
