// The commands `hooks list`, `hooks ensure`, `hooks remove` and `hooks test`. No secret is ever printed.
#pragma once

#include "reconciler/app.hpp"
#include "reconciler/hooks.hpp"

#include <optional>
#include <string>

namespace suivi::reconciler {

struct hooks_arguments {
  std::string verb;    // list, ensure, remove, test
  std::string account; // empty: all
  bool json = false;
};
// Exit status 0; 1 if an account's hooks could not be seen or are not as they shall be; 2 without
// receiver.public_url (ensure, remove) or receiver.webhook_secrets (ensure).
task<int> hooks_command(parts& p, hooks_arguments arguments);

// What an account's hooks look like by the settings; `accounts`: all of the shop's. The secret is empty where
// none is set and none is needed (receiver.allow_open).
[[nodiscard]] hook_owner owner_of_hooks(const config::settings& settings, const std::string& account,
                                        const std::vector<shop::account>& accounts);

} // namespace suivi::reconciler
