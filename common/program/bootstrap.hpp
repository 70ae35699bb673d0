// How both programs begin: settings read, mistakes told, the log configured.
#pragma once

#include "common/config/settings.hpp"
#include "common/log/log.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace suivi::program {

// "suivi-receiver", "suivi-reconciler": how the program calls itself on standard error and in the log.
[[nodiscard]] std::string_view name_of(config::program program);

struct start_options {
  std::string config_file; // --config; may be empty
  config::purpose purpose = config::purpose::run;
  // A one-off command answers a person or a script: its log is only what goes wrong, unless log.level asks
  // for more.
  bool quiet = false;
  bool json = false; // purpose::check prints one JSON document instead of TOML
};

// The settings in force, or an exit status where there is nothing more to do: 2 where they have mistakes,
// each told on a line of its own; 0 where purpose::check has printed them.
[[nodiscard]] std::variant<config::settings, int> start(config::program program,
                                                        const start_options& options);

// What the files say now, for a program that runs: the settings, or their mistakes. Nothing is printed or
// taken into force.
[[nodiscard]] std::variant<config::settings, std::vector<std::string>>
read_again(config::program program, const start_options& options);

[[nodiscard]] log::level level_of(const std::string& name);

// At a command's end: what it printed has reached standard output, else that is said, and 0 becomes 1.
[[nodiscard]] int status_after_output(std::string_view program, int status);

} // namespace suivi::program
