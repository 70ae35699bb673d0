// The shop's courier accounts, kept fresh, and for each an API client and the gate its single reads go
// through. Both stay the same as long as key and address do.
#pragma once

#include "common/config/settings.hpp"
#include "common/shop/accounts.hpp"
#include "common/shop/request_quota.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/read_gate.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

// Stands before an account that a courier's address named though it is another courier's: `maystro:g`.
[[nodiscard]] std::string misnamed_prefix(courier_kind address);

class account_registry {
 public:
  account_registry(database_monitor& db, http::client& client, const config::settings& s);

  // Reads the accounts every two seconds, every 30 at the longest where that takes long; ends by cancellation
  // only.
  task<void> run();
  // Reads them now, unless that was done within the last second; a read under way is waited for. False:
  // they are as known before.
  task<bool> refresh();
  // Reads what is there at the time of the call, whenever that was last done.
  task<bool> refresh_now();

  // An account that is not known may be there and hidden by a policy of row-level security; true also where
  // that cannot be found out now. Asked of the database at most once a second.
  task<bool> may_be_hidden();

  [[nodiscard]] bool loaded() const { return loaded_; }
  // What is known was all read after that moment, whoever asked for it.
  [[nodiscard]] bool is_known_since(instant when) const { return loaded_ && known_as_of_ > when; }
  // Read, and there was none. A right or a search path may be missing as well, so that nothing is decided on
  // it: those that were known before stay known to the lanes.
  [[nodiscard]] bool sees_none() const { return sees_none_; }
  // Whose an event is can be told; else it waits.
  [[nodiscard]] bool can_tell() const { return loaded_ && !sees_none_; }
  // The account of that courier that an event is of: the one its address named; else the only one; empty
  // where there are several or none. nullopt: the named one is unknown.
  [[nodiscard]] std::optional<std::string> resolve(const std::optional<std::string>& named,
                                                   courier_kind courier = default_courier) const;
  // The same of an event that was stored: without a name it is nobody's where each is stored under a checked
  // one.
  [[nodiscard]] std::optional<std::string> resolve_stored(const std::optional<std::string>& named,
                                                          courier_kind courier) const;
  // What an address of that courier names, as it is stored: nobody's where it is known to be another
  // courier's.
  [[nodiscard]] std::optional<std::string> name_at(courier_kind address,
                                                   std::optional<std::string> named) const;
  [[nodiscard]] bool knows(const std::string& account) const { return entries_.contains(account); }
  // What the courier's webhooks of that account are signed with; empty: they are not, or there is no such
  // account.
  [[nodiscard]] secret webhook_secret(const std::string& account) const;
  struct listed {
    std::string id, name;
    courier_kind courier = default_courier;
    bool has_key = false;
  };
  // All of them, by id.
  [[nodiscard]] std::vector<listed> list() const;
  // Those of one courier, by id.
  [[nodiscard]] std::vector<std::string> ids_of(courier_kind courier) const;
  // Webhooks whose address names no account are its own: the default courier's only one; empty: there are
  // several.
  [[nodiscard]] std::string only_account() const;
  // nullptr: no such account, or none with a key.
  [[nodiscard]] std::shared_ptr<courier::courier_api> courier(const std::string& account) const;
  [[nodiscard]] std::shared_ptr<read_gate> gate(const std::string& account) const;

 private:
  struct entry {
    shop::account who;
    std::shared_ptr<courier::courier_api> courier;
    std::shared_ptr<read_gate> gate;
  };

  database_monitor& db_;
  http::client& client_;
  shop::base_urls base_urls_;
  shop::request_quota quota_;
  milliseconds request_timeout_;
  read_gate::limits limits_;
  std::vector<shop::account> fallback_;
  task<void> wait_for_read(steady_time until);

  std::map<std::string, entry> entries_;
  bool loaded_ = false;
  bool sees_none_ = false;
  bool failing_ = false;
  bool reading_ = false;
  steady_time read_at_{};
  instant known_as_of_{};
  bool hides_some_ = true;
  steady_time hides_known_at_{};
};

} // namespace suivi::receiver
