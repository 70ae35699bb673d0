// POST orders/{reference}/ask: the courier is asked for one order's parcels now, and the answer applied.
#pragma once

#include "receiver/api/call/endpoint.hpp"

namespace suivi::receiver {

task<answer_or_error> ask_courier(api_context& api, api_call call);

} // namespace suivi::receiver
