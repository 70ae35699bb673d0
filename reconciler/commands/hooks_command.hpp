// The commands `hooks list`, `hooks ensure`, `hooks remove` and `hooks test`. No secret is ever printed.
#pragma once

#include "reconciler/hooks/hook_plan.hpp"
#include "reconciler/services/services.hpp"

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
task<int> hooks_command(services& p, hooks_arguments arguments);

} // namespace suivi::reconciler
