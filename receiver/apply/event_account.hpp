// Whose an event is, as the accounts are known now.
#pragma once

#include "receiver/event/webhook.hpp"
#include "receiver/services/account_registry.hpp"

namespace suivi::receiver {

// Its account, and what goes with it. False: it can't be applied, for its account is unknown or it can't be
// read any more.
bool fill_in_account(pending_event& event, account_registry& accounts, instant now);
[[nodiscard]] bool is_account_unknown(const pending_event& event, const account_registry& accounts);

} // namespace suivi::receiver
