// Loads the accounts. A failed read keeps those that are known.
#include "receiver/services/account_registry.hpp"

#include "common/courier_list/apis/make_courier.hpp"
#include "common/log/log.hpp"

#include <algorithm>

namespace suivi::receiver {

using namespace std::chrono_literals;

namespace {

constexpr int concurrent_reads_max = 4;            // of one account; sweeps read beside them
constexpr std::size_t accounts_at_a_stretch = 500; // then others are served
constexpr milliseconds read_patience = 5s;
constexpr milliseconds read_poll = 10ms;
constexpr milliseconds hidden_known_for = 1s;

// Of a shop's few accounts they are read every two seconds: a second account changes whose the webhooks
// without account are, and a new key must be asked with. Thousands are read as seldom as that costs.
milliseconds pause_after(steady_time::duration reading) {
  auto longer = std::chrono::ceil<milliseconds>(100 * reading);
  return std::clamp(longer, milliseconds(2s), milliseconds(30s));
}

// True for as long as it lives, also where its coroutine is canceled.
struct under_way {
  explicit under_way(bool& flag) : flag_(flag) { flag_ = true; }
  under_way(const under_way&) = delete;
  under_way& operator=(const under_way&) = delete;
  ~under_way() { flag_ = false; }

 private:
  bool& flag_;
};

} // namespace

std::string misnamed_prefix(courier_kind address) {
  return std::string(slug(address)) + ":";
}

account_registry::account_registry(database_monitor& db, http::client& client, const config::settings& s)
    : db_(db), client_(client), base_urls_(s.base_urls), quota_(db.connections()),
      request_timeout_(s.maystro.request_timeout),
      limits_{std::min(s.maystro.max_in_flight, concurrent_reads_max), s.maystro.requests_per_second},
      fallback_(shop::environment_accounts(s)) {}

task<void> account_registry::run() {
  for (;;) {
    steady_time begun = steady_now();
    if (db_.is_up()) co_await refresh();
    milliseconds pause = can_tell() ? pause_after(steady_now() - begun) : sees_none_ ? 2s : milliseconds(250);
    co_await runtime::sleep_for(pause);
  }
}

task<bool> account_registry::refresh() {
  steady_time now = steady_now();
  if (reading_) { // what it will say counts for whoever asks meanwhile
    co_await wait_for_read(now + read_patience);
    co_return !reading_ && !failing_;
  }
  if (now - read_at_ < 1s) co_return false;
  read_at_ = now;
  instant begun = suivi::now();
  under_way reading(reading_);
  auto db = co_await db_.connections().acquire(now + read_patience);
  if (!db) {
    failing_ = true;
    co_return false;
  }
  auto& connection = **db;
  auto usual_limit = connection.answer_within(read_patience);
  auto found = co_await shop::load_accounts(connection, base_urls_, fallback_);
  connection.answer_within(usual_limit);
  if (!found) {
    if (!failing_)
      log::error("the shop's courier accounts cannot be read", {{"error", to_string(found.error())}});
    failing_ = true;
    co_return false;
  }
  if (found->empty()) {
    if (!sees_none_)
      log::error(
          "no courier account of the shop can be seen: webhooks are stored and wait; see `suivi-reconciler "
          "doctor`");
    sees_none_ = true;
    loaded_ = true;
    failing_ = false;
    co_return false;
  }
  sees_none_ = false;
  std::map<std::string, entry> fresh;
  for (auto& who : *found) {
    auto id = who.id;
    auto known = entries_.find(id);
    entry account;
    if (known != entries_.end() && courier::same(known->second.who.courier, who.courier)) {
      account = known->second;
    } else if (courier::is_complete(who.courier)) {
      account.courier = courier::make_courier(client_, who.courier, request_timeout_, id, &quota_);
      account.gate = std::make_shared<read_gate>(limits_);
    }
    account.who = std::move(who);
    fresh.emplace(id, std::move(account));
    if (fresh.size() % accounts_at_a_stretch == 0) co_await runtime::sleep_for(0ms);
  }
  if (!loaded_ || fresh.size() != entries_.size())
    log::info("the shop's courier accounts were read", {{"accounts", fresh.size()}});
  entries_ = std::move(fresh);
  known_as_of_ = begun;
  loaded_ = true;
  failing_ = false;
  co_return true;
}

task<void> account_registry::wait_for_read(steady_time until) {
  while (reading_ && steady_now() < until) co_await runtime::sleep_for(read_poll);
}

task<bool> account_registry::refresh_now() {
  co_await wait_for_read(steady_now() + read_patience);
  read_at_ = {};
  bool fresh = co_await refresh();
  co_return fresh;
}

task<bool> account_registry::may_be_hidden() {
  steady_time now = steady_now();
  if (hides_known_at_ != steady_time() && now - hides_known_at_ < hidden_known_for) co_return hides_some_;
  auto db = co_await db_.connections().acquire(now + read_patience);
  if (!db) co_return true;
  auto& connection = **db;
  auto found = co_await shop::may_hide_accounts(connection);
  if (!found) co_return true;
  hides_some_ = *found;
  hides_known_at_ = now;
  co_return hides_some_;
}

std::optional<std::string> account_registry::resolve(const std::optional<std::string>& named,
                                                     courier_kind courier) const {
  if (named) {
    auto at = entries_.find(*named);
    if (at == entries_.end() || at->second.who.courier.courier != courier) return std::nullopt;
    return named;
  }
  std::optional<std::string> only;
  for (const auto& [id, one] : entries_) {
    if (one.who.courier.courier != courier) continue;
    if (only) return std::string();
    only = id;
  }
  return only.value_or("");
}

std::optional<std::string> account_registry::resolve_stored(const std::optional<std::string>& named,
                                                            courier_kind courier) const {
  if (!named && courier::capabilities_of(courier).signs_webhooks) return std::nullopt;
  return resolve(named, courier);
}

std::optional<std::string> account_registry::name_at(courier_kind address,
                                                     std::optional<std::string> named) const {
  auto at = named ? entries_.find(*named) : entries_.end();
  if (at == entries_.end() || at->second.who.courier.courier == address) return named;
  return misnamed_prefix(address) + *named;
}

secret account_registry::webhook_secret(const std::string& account) const {
  auto at = entries_.find(account);
  return at == entries_.end() ? secret() : at->second.who.courier.webhook_secret;
}

std::vector<account_registry::listed> account_registry::list() const {
  std::vector<listed> all;
  if (sees_none_) return all;
  for (const auto& [id, e] : entries_)
    all.push_back({id, e.who.name, e.who.courier.courier, e.courier != nullptr});
  return all;
}

std::vector<std::string> account_registry::ids_of(courier_kind courier) const {
  std::vector<std::string> ids;
  for (const auto& [id, e] : entries_)
    if (e.who.courier.courier == courier) ids.push_back(id);
  return ids;
}

std::string account_registry::only_account() const {
  std::vector<std::string> ids = ids_of(default_courier);
  return ids.size() == 1 ? std::move(ids.front()) : std::string();
}

std::shared_ptr<courier::courier_api> account_registry::courier(const std::string& account) const {
  auto at = entries_.find(account);
  if (at == entries_.end()) return nullptr;
  return at->second.courier;
}

std::shared_ptr<read_gate> account_registry::gate(const std::string& account) const {
  auto at = entries_.find(account);
  if (at == entries_.end()) return nullptr;
  return at->second.gate;
}

} // namespace suivi::receiver
