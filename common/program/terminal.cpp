// Asks the terminal's driver and the environment.
#include "common/program/terminal.hpp"

#include "common/config/settings.hpp"

#include <unistd.h>

namespace suivi::program {

bool wants_color(int descriptor) {
  if (::isatty(descriptor) != 1) return false;
  const config::environment variables = config::process_environment();
  auto no_color = variables.find("NO_COLOR");
  if (no_color != variables.end() && !no_color->second.empty()) return false;
  auto kind = variables.find("TERM");
  return kind == variables.end() || kind->second != "dumb";
}

} // namespace suivi::program
