// The address follows from public_url, the first secret and the account's id.
#include "reconciler/hooks/hook_owner.hpp"

namespace suivi::reconciler {

hook_owner owner_of_hooks(const config::settings& settings, const std::string& account,
                          const std::vector<shop::account>& accounts) {
  hook_owner owner;
  owner.public_url = settings.receiver.public_url;
  owner.account = account;
  // A receiver that takes webhooks from anybody takes them under any word.
  owner.secret =
      settings.receiver.webhook_secrets.empty() ? "open" : settings.receiver.webhook_secrets.front().reveal();
  bool unknown =
      owner.secret == "***" || (settings.receiver.webhook_secrets.empty() && !settings.receiver.allow_open);
  owner.any_secret = unknown;
  for (const secret& one : settings.receiver.webhook_secrets) owner.accepted_secrets.push_back(one.reveal());
  owner.open = settings.receiver.allow_open;
  for (const shop::account& other : accounts)
    if (other.id != account)
      owner.other_accounts.push_back(other.id);
    else
      owner.courier = other.courier.courier;
  return owner;
}

} // namespace suivi::reconciler
