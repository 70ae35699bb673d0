// suivi-receiver: read the command line, read the settings, do the one thing asked for.
#include "common/config/settings.hpp"
#include "common/log/log.hpp"
#include "common/program/migrate_command.hpp"
#include "receiver/app.hpp"
#include "receiver/command_line.hpp"
#include "receiver/services/options.hpp"

#include <cstdio>
#include <string>
#include <unistd.h>

using namespace suivi;

namespace {

log::level level_from(const std::string& text) {
  if (text == "debug") return log::level::debug;
  if (text == "warn") return log::level::warn;
  if (text == "error") return log::level::error;
  return log::level::info;
}

} // namespace

int main(int argc, char** argv) {
  auto asked = receiver::read_command_line(argc, argv);
  if (auto* status = std::get_if<int>(&asked)) return *status;
  const auto& wanted = std::get<receiver::command_line>(asked);

  bool checking = wanted.what == receiver::command::check_config;
  auto use = checking                                  ? config::purpose::check
             : wanted.what == receiver::command::serve ? config::purpose::run
                                                       : config::purpose::command;
  auto loaded = config::load(config::program::receiver, wanted.config_file, config::process_environment(),
                             isatty(STDERR_FILENO) == 1, use);
  if (!loaded) {
    for (const auto& line : loaded.error()) std::fprintf(stderr, "suivi-receiver: %s\n", line.c_str());
    return 2;
  }
  const auto& settings = loaded->values;
  if (checking) {
    for (const auto& line : loaded->warnings) std::fprintf(stderr, "suivi-receiver: %s\n", line.c_str());
    std::fputs(config::to_toml(settings).c_str(), stdout);
    return 0;
  }
  log::configure("suivi-receiver", level_from(settings.log.level),
                 settings.log.format == "text" ? log::format::text : log::format::json);
  for (const auto& line : loaded->warnings) log::warn("settings", {{"warning", line}});
  if (wanted.what == receiver::command::migrate)
    return receiver::run_migrate(receiver::connect_options(settings), wanted.check);
  if (wanted.what == receiver::command::replay) return receiver::run_replay(settings, wanted.replay);
  return receiver::run_server(settings);
}
