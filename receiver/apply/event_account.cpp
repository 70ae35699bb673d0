// The account that the webhook's address names; without one, the shop's only account.
#include "receiver/apply/event_account.hpp"

#include "receiver/event/decode_event.hpp"

#include <optional>
#include <string>

namespace suivi::receiver {

bool is_account_unknown(const pending_event& event, const account_registry& accounts) {
  return !accounts.resolve_stored(event.named_account, event.observation.shipment.courier);
}

bool fill_in_account(pending_event& event, account_registry& accounts, instant now) {
  std::optional<std::string> account =
      accounts.resolve_stored(event.named_account, event.observation.shipment.courier);
  event.observation.decide_by_later_time = waited_long_enough(event, now);
  if (!account) return false;
  event.observation.account = *account;
  return can_be_applied(event.observation.shipment);
}

} // namespace suivi::receiver
