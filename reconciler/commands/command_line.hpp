// What the program was asked to do. Pure but for the printing of --help and of mistakes.
#pragma once

#include "reconciler/commands/hooks_command.hpp"
#include "reconciler/commands/status_command.hpp"
#include "reconciler/commands/sweep_command.hpp"
#include "reconciler/commands/verify_command.hpp"

#include <string>
#include <variant>

namespace suivi::reconciler {

struct command_line {
  std::string command = "run"; // the subcommand's name
  std::string config_file;     // --config
  bool json = false;
  bool check_config = false;
  bool migrate_check = false; // migrate --check
  status_arguments status;
  sweep_arguments sweep;
  hooks_arguments hooks;
  verify_arguments verify;
};

// An exit status where there is nothing more to do: --help and --version (0), or a command line that cannot
// be read (2). What there was to say has been printed.
[[nodiscard]] std::variant<command_line, int> read_command_line(int argc, const char* const* argv);

} // namespace suivi::reconciler
