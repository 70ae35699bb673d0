// The command `replay`: runs one replay and ends.
#pragma once

#include "common/config/settings.hpp"
#include "receiver/replay/selection.hpp"

#include <string>
#include <vector>

namespace suivi::receiver {

struct replay_arguments {
  std::optional<std::string> since;
  std::optional<std::string> until;
  std::vector<std::string> events;
  std::optional<std::string> outcome;
  std::optional<std::string> account;
  std::optional<std::string> file;
  bool legacy = false;
  std::optional<double> rate; // events a second
  bool dry_run = false;
  bool json = false;
};

// Returns the exit status: 0 done, 1 failed, 2 wrong arguments, 3 some events failed or it was stopped.
[[nodiscard]] int run_replay(const config::settings& s, const replay_arguments& arguments);

// An error's `detail` names the option and what is allowed. Pure.
[[nodiscard]] result<replay_selection> to_selection(const replay_arguments& arguments, instant now);

} // namespace suivi::receiver
