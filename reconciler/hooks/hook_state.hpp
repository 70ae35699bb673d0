// What suivi.account keeps of an account's hooks: who changes them now, what is registered, and when they are
// checked next. Every call may be repeated.
#pragma once

#include "common/pg/connection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

// Only one process at a time changes an account's hooks, lest two register the same. False: another one does.
// Lapses by itself after two minutes.
task<result<bool>> claim_hooks(pg::connection& db, std::string account, std::string name);

struct hook_state {
  std::vector<std::string> wanted;     // names of triggers that should have a hook of ours
  std::vector<std::string> registered; // names of triggers
  std::optional<std::string> problem;  // none: nothing is wrong
};
// Records the state and ends the claim.
task<result<void>> record_hooks(pg::connection& db, std::string account, hook_state state);

// True for one caller where the daily check is due: the next one is put off by `next`.
task<result<bool>> hook_check_is_due(pg::connection& db, std::string account, std::string name,
                                     milliseconds next);
task<result<void>> postpone_hook_check(pg::connection& db, std::string account, milliseconds by);

} // namespace suivi::reconciler
