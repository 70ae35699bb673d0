// CLI11, in one place.
#include "receiver/command_line.hpp"

#include <CLI/CLI.hpp>

namespace suivi::receiver {

std::string version() {
  return SUIVI_VERSION;
}

std::variant<command_line, int> read_command_line(int argc, const char* const* argv) {
  command_line wanted;
  CLI::App app(
      "Takes the courier's webhooks, keeps them durably, answers, and applies them to the shop's orders.",
      "suivi-receiver");
  app.footer(
      "Exit status: 0 done, 1 failed, 2 usage or settings.\n"
      "Settings: --config FILE, else $SUIVI_CONFIG, else ./suivi.toml; every key also as SUIVI_SECTION_KEY.");
  bool check_config = false;
  app.set_version_flag("--version", "suivi-receiver " + version(), "print the version and exit");
  app.add_option("--config", wanted.config_file, "the settings file (TOML)")->type_name("FILE");
  app.add_flag("--check-config", check_config, "print the settings in force, secrets masked, and exit");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("serve", "the server (what it does without a command)");
  auto* migrate = app.add_subcommand("migrate", "bring the schema `suivi` up to date and exit");
  migrate->add_flag("--check", wanted.check, "change nothing: 0 if it is current, 1 if it is behind");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    int status = app.exit(e);
    return status == 0 ? 0 : 2;
  }
  if (check_config)
    wanted.what = command::check_config;
  else if (migrate->parsed())
    wanted.what = command::migrate;
  return wanted;
}

} // namespace suivi::receiver
