// Loading is all or nothing: a failed read leaves what was known.
#include "receiver/account_book.hpp"

#include "common/log/log.hpp"

namespace suivi::receiver {

using namespace std::chrono_literals;

std::vector<shop::account> environment_accounts(const config::settings& s) {
  std::vector<shop::account> accounts;
  for (const auto& a : s.maystro.accounts) {
    shop::account one;
    one.id = a.id;
    one.name = a.name;
    one.courier.base_url = maystro::normalise_base_url(s.maystro.base_url);
    one.courier.api_key = secret(maystro::normalise_api_key(a.api_key.reveal()));
    one.from_environment = true;
    accounts.push_back(std::move(one));
  }
  return accounts;
}

account_book::account_book(database& db, http::client& client, const config::settings& s)
    : db_(db), client_(client), default_base_url_(maystro::normalise_base_url(s.maystro.base_url)),
      request_timeout_(s.maystro.request_timeout), fallback_(environment_accounts(s)) {}

task<void> account_book::keep() {
  for (;;) {
    if (db_.is_up()) co_await refresh();
    milliseconds pause = loaded_ ? milliseconds(30s) : milliseconds(250ms);
    co_await runtime::sleep_for(pause);
  }
}

task<void> account_book::refresh() {
  auto now = std::chrono::steady_clock::now();
  if (now - read_at_ < 1s) co_return;
  read_at_ = now;
  auto db = co_await db_.connections().acquire(now + 5s);
  if (!db) co_return;
  auto& connection = **db;
  auto found = co_await shop::load_accounts(connection, default_base_url_, fallback_);
  if (!found) {
    if (!failing_)
      log::error("the shop's courier accounts cannot be read", {{"error", to_string(found.error())}});
    failing_ = true;
    co_return;
  }
  std::map<std::string, entry> fresh;
  for (auto& who : *found) {
    auto courier = who.courier.api_key.empty()
                       ? nullptr
                       : std::make_shared<maystro::api>(client_, who.courier, request_timeout_);
    auto id = who.id;
    fresh.emplace(id, entry{std::move(who), std::move(courier)});
  }
  if (!loaded_ || fresh.size() != entries_.size())
    log::info("the shop's courier accounts were read", {{"accounts", fresh.size()}});
  entries_ = std::move(fresh);
  loaded_ = true;
  failing_ = false;
}

std::optional<std::string> account_book::resolve(const std::optional<std::string>& named) const {
  if (named) {
    if (!entries_.contains(*named)) return std::nullopt;
    return named;
  }
  if (entries_.size() == 1) return entries_.begin()->first;
  return std::string();
}

std::vector<account_book::listed> account_book::list() const {
  std::vector<listed> all;
  for (const auto& [id, e] : entries_) all.push_back({id, e.who.name, e.courier != nullptr});
  return all;
}

std::shared_ptr<maystro::api> account_book::courier(const std::string& account) const {
  auto at = entries_.find(account);
  if (at == entries_.end()) return nullptr;
  return at->second.courier;
}

} // namespace suivi::receiver
