// The subcommands and their options, with CLI11.
#include "reconciler/commands/command_line.hpp"

#include "common/program/empty_argument.hpp"
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

constexpr const char* plain_exits = "Exit status: 0 done, 1 failed, 2 usage or settings.";

constexpr const char* app_footer =
    "Without a command it is the worker: it sweeps by reconciler.schedule and reconciler.incremental_every, "
    "does what the operations API asks for, and answers /healthz, /readyz and /metrics at reconciler.listen. "
    "Every account of the shop is meant where none is named.\n"
    "Signals: SIGTERM, SIGINT: end within 10 s; the worker and a sweep with status 0.\n"
    "Settings: --config FILE, else $SUIVI_CONFIG, else ./suivi.toml; every key also as SUIVI_SECTION_KEY, a "
    "secret also in a file, named by KEY_file or SUIVI_SECTION_KEY_FILE. All of them: deploy/SETTINGS.md. "
    "--check-config prints them as they are in force, or what is wrong.\n"
    "Exit status: 0 done, 1 failed, 2 usage or settings, 3 finished but incomplete (sweep, verify).";

} // namespace

std::variant<command_line, int> read_command_line(int argc, const char* const* argv) {
  command_line wanted;
  bool json = false, full_is_set = false;
  CLI::App app("Keeps a shop's orders true to what its couriers say: reads their lists, looks orders up, and "
               "finds what is wrong.");
  app.name("suivi-reconciler");
  app.set_version_flag("--version", fmt::format("suivi-reconciler {}", program::version()),
                       "print the version and exit");
  app.fallthrough();
  app.add_option("--config", wanted.config_file, "the settings file (TOML)")->type_name("FILE");
  app.add_flag("--json", json, "print one JSON document on standard output");
  app.add_flag("--check-config", wanted.check_config,
               "print the settings in force, secrets masked, and exit");

  app.add_subcommand("run", "the worker: sweeps on schedule (the default)");
  CLI::App* sweep = app.add_subcommand("sweep", "one sweep of each account now");
  sweep->add_option("--account", wanted.sweep.account, "only this account")->type_name("ID");
  CLI::Option* full = sweep->add_flag("--full", full_is_set, "read the whole list (the default)");
  sweep
      ->add_flag("--incremental", wanted.sweep.incremental,
                 "read what is new or has changed, and re-read some open parcels")
      ->excludes(full);
  sweep->add_option("--max-orders", wanted.sweep.max_orders, "only the newest N of the list; 0 = all")
      ->check(number_from(0));
  sweep->add_flag("--dry-run", wanted.sweep.dry_run, "write nothing, and report what would change");
  sweep->footer("Exit status: 0 done, 1 failed, 2 usage or settings, 3 an account ended incomplete.");
  CLI::App* status = app.add_subcommand("status", "each account's last sweeps and next ones");
  status
      ->add_option("--account", wanted.status.account,
                   "only this account, with what its last full sweep could not write or match")
      ->type_name("ID");
  status->add_option("--limit", wanted.status.limit, "N sweeps of each kind")->check(number_from(1));
  status->footer(plain_exits);
  app.add_subcommand("coverage", "how many orders have a tracking number")->footer(plain_exits);
  app.add_subcommand("doctor", "every check that explains why orders do not get updated")
      ->footer("Exit status: 0 nothing failed, 1 a check says FAIL, 2 usage or settings.");
  CLI::App* verify =
      app.add_subcommand("verify", "compare the orders with the couriers' answers, writing nothing");
  verify->add_option("--account", wanted.verify.account, "only this account")->type_name("ID");
  verify->add_option("--sample", wanted.verify.sample, "only N random linked orders, read one by one")
      ->check(number_from(1));
  verify->footer("Exit status: 0 no difference, 1 failed or differences, 2 usage or settings, 3 not all was "
                 "read.");
  CLI::App* hooks = app.add_subcommand("hooks", "the webhooks that are registered at the couriers");
  hooks->add_option("--account", wanted.hooks.account, "only this account")->type_name("ID");
  hooks->require_subcommand(0, 1);
  for (auto [verb, does] :
       {std::pair("list", "what is registered, or to be registered by hand"),
        std::pair("ensure", "register what is missing"), std::pair("remove", "remove ours"),
        std::pair("test", "ask the courier for a test message")}) {
    CLI::App* one = hooks->add_subcommand(verb, does)->fallthrough();
    one->callback([&wanted, name = std::string(verb)] { wanted.hooks.verb = name; });
    one->footer(plain_exits);
  }
  CLI::App* migrate = app.add_subcommand("migrate", "bring the schema `suivi` up to date");
  migrate->add_flag("--check", wanted.migrate_check,
                    "change nothing: status 0 if it is current, 1 if behind");
  app.footer(app_footer); // after the commands, which would inherit it
  app.require_subcommand(0, 1);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    bool is_well = app.exit(e) == 0;
    if (!is_well) fmt::print(stderr, "{}", program::suggestions(app));
    return is_well ? program::exits::done : program::exits::usage;
  }
  std::vector<CLI::App*> chosen = app.get_subcommands();
  std::optional<std::string> problem = program::empty_argument(app);
  if (!problem && !chosen.empty()) problem = program::empty_argument(*chosen.front());
  if (problem) {
    fmt::print(stderr, "suivi-reconciler: {}\n", *problem);
    return program::exits::usage;
  }
  if (!chosen.empty()) wanted.command = chosen.front()->get_name();
  if (wanted.command == "hooks" && wanted.hooks.verb.empty()) {
    fmt::print(stderr, "suivi-reconciler: hooks: one of list, ensure, remove, test must follow\n");
    return program::exits::usage;
  }
  wanted.json = wanted.status.json = wanted.sweep.json = wanted.hooks.json = wanted.verify.json = json;
  return wanted;
}

} // namespace suivi::reconciler
