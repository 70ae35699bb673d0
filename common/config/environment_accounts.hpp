// Accounts given by the environment, for shops whose tables hold none.
#pragma once

#include "common/config/settings.hpp"

#include <string>
#include <vector>

namespace suivi::config {

// MAYSTRO_API_KEY -> id `env`; MAYSTRO_API_KEY_<n> -> `env-<n>`, in the order of n; the name from the same
// variable with _NAME, else the id. Each key may stand in a file that the variable with _FILE names; a
// relative path starts at `base`, and a pipe is waited for so long. A key given twice counts once, with a
// warning: two accounts of one key would contend.
std::vector<environment_account> environment_accounts(const environment& env, const std::string& base,
                                                      milliseconds patience,
                                                      std::vector<std::string>& warnings,
                                                      std::vector<std::string>& wrong);

} // namespace suivi::config
