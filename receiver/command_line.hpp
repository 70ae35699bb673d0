// What the program was asked to do. Pure but for the printing of --help.
#pragma once

#include "common/program/migrate_command.hpp"
#include "receiver/replay/command.hpp"
#include "receiver/spool_command.hpp"

#include <string>
#include <variant>
#include <vector>

namespace suivi::receiver {

enum class command { serve, migrate, replay, spool, check_config };

struct command_line {
  receiver::command command = receiver::command::serve;
  std::string config_file; // --config
  program::migrate_arguments migrate;
  bool json = false; // one JSON document on standard output
  replay_arguments replay;
  spool_arguments spool;
};

// An exit status where there is nothing more to do: --help and --version (0), or usage that cannot be read
// (2); what there was to say has been printed.
[[nodiscard]] std::variant<command_line, int> read_command_line(int argc, const char* const* argv);

} // namespace suivi::receiver
