// Whether the business is right: the overview, the problems, and figures over time.
#pragma once

#include "receiver/api/call/endpoint.hpp"

namespace suivi::receiver {

task<answer_or_error> show_overview(api_context& api, api_call call);
task<answer_or_error> list_problems(api_context& api, api_call call);
task<answer_or_error> show_series(api_context& api, api_call call);

} // namespace suivi::receiver
