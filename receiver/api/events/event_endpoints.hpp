// Stored webhooks: listed, counted, run again, deleted.
#pragma once

#include "receiver/api/call/endpoint.hpp"

namespace suivi::receiver {

task<answer_or_error> list_events(api_context& api, api_call call);
task<answer_or_error> show_event(api_context& api, api_call call);
task<answer_or_error> event_stats(api_context& api, api_call call);
task<answer_or_error> retry_event(api_context& api, api_call call);
task<answer_or_error> remove_event(api_context& api, api_call call);
task<answer_or_error> remove_events(api_context& api, api_call call);

} // namespace suivi::receiver
