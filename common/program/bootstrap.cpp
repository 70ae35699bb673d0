// Settings first, for they say how to log.
#include "common/program/bootstrap.hpp"

#include "common/log/log.hpp"
#include "common/program/exit_status.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace suivi::program {
namespace {

log::level level_of(const std::string& name) {
  if (name == "debug") return log::level::debug;
  if (name == "warn") return log::level::warn;
  if (name == "error") return log::level::error;
  return log::level::info;
}

} // namespace

std::string_view name_of(config::program program) {
  return program == config::program::receiver ? "suivi-receiver" : "suivi-reconciler";
}

std::variant<config::settings, int> start(config::program program, const start_options& options) {
  std::string name(name_of(program));
  bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto loaded =
      config::load(program, options.config_file, config::process_environment(), terminal, options.purpose);
  if (!loaded) {
    for (const std::string& line : loaded.error()) fmt::print(stderr, "{}: {}\n", name, line);
    return exits::usage;
  }
  const config::settings& settings = loaded->values;
  if (options.purpose == config::purpose::check) {
    for (const std::string& line : loaded->warnings) fmt::print(stderr, "{}: warning: {}\n", name, line);
    fmt::print("{}", config::to_toml(settings));
    return exits::done;
  }
  log::level level = level_of(settings.log.level);
  if (options.quiet && level == log::level::info) level = log::level::warn;
  log::configure(name, level, settings.log.format == "text" ? log::format::text : log::format::json);
  for (const std::string& line : loaded->warnings) log::warn("settings", {{"warning", line}});
  return settings;
}

} // namespace suivi::program
