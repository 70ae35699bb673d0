// A courier's API by its account's credentials, whichever courier it is.
#pragma once

#include "common/courier/courier_api.hpp"
#include "common/courier/hooks_api.hpp"

#include <memory>
#include <string>

namespace suivi::courier {

// `account`: whose quotas they are. `gate` is asked where the courier has quotas; null: nobody is. Client and
// gate must outlive every call.
[[nodiscard]] std::unique_ptr<courier_api> make_courier(http::client& client, credentials who,
                                                        milliseconds request_timeout, std::string account,
                                                        request_gate* gate);

// Null: the courier registers none by its API.
[[nodiscard]] std::unique_ptr<hooks_api> make_hooks_api(http::client& client, credentials who,
                                                        milliseconds request_timeout);

} // namespace suivi::courier
