// Sweeps: their reports, one asked for now, and the old system's scheduler, which shows them in its shape.
#pragma once

#include "receiver/api/call/endpoint.hpp"

namespace suivi::receiver {

task<answer_or_error> list_sweeps(api_context& api, api_call call);
task<answer_or_error> show_sweep(api_context& api, api_call call);
task<answer_or_error> ask_for_sweep(api_context& api, api_call call);
task<answer_or_error> scheduler_status(api_context& api, api_call call);
task<answer_or_error> trigger_shipping(api_context& api, api_call call);

} // namespace suivi::receiver
