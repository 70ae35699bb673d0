// The courier's accounts: their state, and whether their key works.
#pragma once

#include "receiver/api/call/endpoint.hpp"

namespace suivi::receiver {

task<answer_or_error> list_accounts(api_context& api, api_call call);
task<answer_or_error> test_account(api_context& api, api_call call);
// By the reconciler, which is given ten seconds for it.
task<answer_or_error> register_hooks(api_context& api, api_call call);

} // namespace suivi::receiver
