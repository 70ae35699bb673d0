// Orders and what is known of them.
#pragma once

#include "receiver/api/call/endpoint.hpp"

namespace suivi::receiver {

task<answer_or_error> tell_coverage(api_context& api, api_call call);
task<answer_or_error> list_orders(api_context& api, api_call call);
task<answer_or_error> list_changes(api_context& api, api_call call);
task<answer_or_error> show_order(api_context& api, api_call call);

} // namespace suivi::receiver
