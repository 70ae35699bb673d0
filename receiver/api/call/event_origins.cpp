// Reads it off the accounts as the receiver knows them.
#include "receiver/api/call/event_origins.hpp"

#include "common/courier_list/parts.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

bool has(const std::vector<std::string>& accounts, const std::string& account) {
  return std::ranges::find(accounts, account) != accounts.end();
}

} // namespace

event_origins origins_of(const account_registry& accounts) {
  event_origins found;
  for (courier_kind which : couriers) {
    std::vector<std::string> own = accounts.ids_of(which);
    found.accounts.insert(found.accounts.end(), own.begin(), own.end());
    if (courier::capabilities_of(which).signs_webhooks)
      found.senders.push_back({event_source(which), event_type_prefix(which), std::move(own)});
  }
  return found;
}

const event_sender* sender_of(const event_origins& origins, const std::optional<std::string>& account,
                              const std::optional<std::string>& type) {
  if (!account) return nullptr;
  for (const event_sender& one : origins.senders)
    if (has(one.accounts, *account)) return &one;
  if (has(origins.accounts, *account) || account->starts_with(misnamed_prefix(couriers.front())))
    return nullptr;
  for (const event_sender& one : origins.senders)
    if (type && !one.type_prefix.empty() && type->starts_with(one.type_prefix)) return &one;
  return nullptr;
}

const event_sender* sender_named(const event_origins& origins, std::string_view source) {
  auto found = std::ranges::find(origins.senders, source, &event_sender::source);
  return found == origins.senders.end() ? nullptr : &*found;
}

} // namespace suivi::receiver
