// The subcommands and their options, with CLI11.
#include "reconciler/commands/command_line.hpp"

#include "common/program/exit_status.hpp"
#include "common/program/suggestion.hpp"
#include "common/program/version.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

// CLI11's own would name the greatest double as the end of the range.
CLI::Validator number_from(std::int64_t minimum) {
  static constexpr std::int64_t limit = 1'000'000'000;
  auto check = [minimum](std::string& text) {
    std::int64_t value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool good =
        problem == std::errc() && end == text.data() + text.size() && value >= minimum && value <= limit;
    return good ? std::string()
                : fmt::format("{} is not allowed: a whole number from {} to {}", text, minimum, limit);
  };
  return CLI::Validator(check, "N");
}

} // namespace

std::variant<command_line, int> read_command_line(int argc, const char* const* argv) {
  command_line wanted;
  bool json = false, full_is_set = false;
  CLI::App app("Keeps a shop's orders true to what the courier Maystro Delivery says: the sweeping half.");
  app.name("suivi-reconciler");
  app.set_version_flag("--version", fmt::format("suivi-reconciler {}", program::version()));
  app.fallthrough();
  app.add_option("--config", wanted.config_file, "settings file (TOML)");
  app.add_flag("--json", json, "print one JSON document on standard output");
  app.add_flag("--check-config", wanted.check_config,
               "print the settings in force, secrets masked, and exit");

  app.add_subcommand("run", "the worker: sweeps on schedule (the default)");
  CLI::App* sweep =
      app.add_subcommand("sweep", "one sweep of each account now; exit 3 if any ended incomplete");
  sweep->add_option("--account", wanted.sweep.account, "only this account");
  CLI::Option* full = sweep->add_flag("--full", full_is_set, "read the whole list (the default)");
  sweep
      ->add_flag("--incremental", wanted.sweep.incremental,
                 "read only what is new, and re-read some open parcels")
      ->excludes(full);
  sweep->add_option("--max-orders", wanted.sweep.max_orders, "the newest N orders; 0 = all")
      ->check(number_from(0));
  sweep->add_flag("--dry-run", wanted.sweep.dry_run, "write nothing at all");
  CLI::App* status =
      app.add_subcommand("status", "each account's last sweeps, full and incremental, and the next");
  status->add_option("--account", wanted.status.account,
                     "only this account, with the orders that its last full sweep could not write");
  status->add_option("--limit", wanted.status.limit, "so many sweeps of each kind")->check(number_from(1));
  app.add_subcommand("coverage", "how many orders have a tracking number");
  app.add_subcommand("doctor", "every check that explains why orders do not get updated");
  CLI::App* verify =
      app.add_subcommand("verify", "compare the orders with the courier's answer, writing nothing");
  verify->add_option("--account", wanted.verify.account, "only this account");
  verify->add_option("--sample", wanted.verify.sample, "only N random linked orders, read one by one")
      ->check(number_from(1));
  CLI::App* hooks = app.add_subcommand("hooks", "the courier's hook registration");
  hooks->add_option("--account", wanted.hooks.account, "only this account");
  hooks->require_subcommand(0, 1);
  for (auto [verb, does] :
       {std::pair("list", "what is registered"), std::pair("ensure", "register what is missing"),
        std::pair("remove", "remove ours"), std::pair("test", "ask the courier for a test message")})
    hooks->add_subcommand(verb, does)->fallthrough()->callback([&wanted, name = std::string(verb)] {
      wanted.hooks.verb = name;
    });
  CLI::App* migrate = app.add_subcommand("migrate", "bring the schema `suivi` up to date");
  migrate->add_flag("--check", wanted.migrate_check, "only say whether it is: 0 current, 1 behind");
  app.require_subcommand(0, 1);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    bool is_well = app.exit(e) == 0;
    if (!is_well) fmt::print(stderr, "{}", program::suggestions(app));
    return is_well ? program::exits::done : program::exits::usage;
  }
  auto chosen = app.get_subcommands();
  if (!chosen.empty()) wanted.command = chosen.front()->get_name();
  if (wanted.command == "hooks" && wanted.hooks.verb.empty()) {
    fmt::print(stderr, "suivi-reconciler: hooks: one of list, ensure, remove, test must follow\n");
    return program::exits::usage;
  }
  wanted.json = wanted.status.json = wanted.sweep.json = wanted.hooks.json = wanted.verify.json = json;
  return wanted;
}

} // namespace suivi::reconciler
