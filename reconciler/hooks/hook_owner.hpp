// Which hooks an account shall have by the settings. Pure.
#pragma once

#include "common/config/settings.hpp"
#include "common/shop/accounts.hpp"
#include "reconciler/hooks/hook_plan.hpp"

#include <string>
#include <vector>

namespace suivi::reconciler {

// What an account's hooks look like by the settings; `accounts`: all of the shop's. The secret is empty where
// none is set and none is needed (receiver.allow_open).
[[nodiscard]] hook_owner owner_of_hooks(const config::settings& settings, const std::string& account,
                                        const std::vector<shop::account>& accounts);

} // namespace suivi::reconciler
