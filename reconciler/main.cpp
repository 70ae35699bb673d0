// suivi-reconciler: reads the command line and the settings, runs one command, returns its exit status.
#include "common/log/log.hpp"
#include "common/runtime/signals.hpp"
#include "reconciler/commands/doctor_command.hpp"
#include "reconciler/commands/hooks_command.hpp"
#include "reconciler/commands/sweep_command.hpp"
#include "reconciler/commands/verify_command.hpp"
#include "reconciler/worker/worker.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

namespace {

using namespace suivi;
using namespace suivi::reconciler;

struct arguments {
  std::string config;
  bool json = false;
  bool check_config = false;
  sweep_arguments sweep;
  bool full = false;
  bool migrate_check = false;
  hooks_arguments hooks;
  verify_arguments verify;
};

log::level level_of(const std::string& name) {
  if (name == "debug") return log::level::debug;
  if (name == "warn") return log::level::warn;
  if (name == "error") return log::level::error;
  return log::level::info;
}

// CLI11's own would name the greatest double as the end of the range.
CLI::Validator number_from(std::int64_t least) {
  static constexpr std::int64_t most = 1'000'000'000;
  auto check = [least](std::string& text) {
    std::int64_t value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool good = problem == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
    return good ? std::string()
                : fmt::format("{} is not allowed: a whole number from {} to {}", text, least, most);
  };
  return CLI::Validator(check, "N");
}

task<int> chosen(services& p, std::string command, arguments given) {
  if (command == "sweep") {
    given.sweep.json = given.json;
    return sweep_command(p, given.sweep);
  }
  if (command == "status") return status_command(p, given.json);
  if (command == "coverage") return coverage_command(p, given.json);
  if (command == "doctor") return doctor_command(p, given.json);
  if (command == "hooks") {
    given.hooks.json = given.json;
    return hooks_command(p, given.hooks);
  }
  if (command == "verify") {
    given.verify.json = given.json;
    return verify_command(p, given.verify);
  }
  if (command == "migrate") return migrate_command(p, given.migrate_check);
  return run_worker(p);
}

int run(const std::string& command, const arguments& given) {
  bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto loaded = config::load(config::program::reconciler, given.config, config::process_environment(),
                             terminal, given.check_config ? config::purpose::check : config::purpose::run);
  if (!loaded) {
    for (const std::string& line : loaded.error()) fmt::print(stderr, "suivi-reconciler: {}\n", line);
    return exits::usage;
  }
  if (given.check_config) {
    for (const std::string& line : loaded->warnings)
      fmt::print(stderr, "suivi-reconciler: warning: {}\n", line);
    fmt::print("{}", config::to_toml(loaded->values));
    return exits::done;
  }
  bool worker = command == "run";
  // A one-off command answers a person or a script: its log is only what goes wrong, unless more is asked
  // for.
  log::level least = level_of(loaded->values.log.level);
  if (!worker && least == log::level::info) least = log::level::warn;
  log::configure("suivi-reconciler", least,
                 loaded->values.log.format == "text" ? log::format::text : log::format::json);
  for (const std::string& line : loaded->warnings) log::warn(line);
  runtime::raise_open_file_limit();

  asio::io_context context(1);
  services p(context.get_executor(), loaded->values);
  int status = exits::failed;
  std::exception_ptr thrown;
  auto ended = [&](std::exception_ptr problem, int code) {
    thrown = problem;
    status = code;
    p.client.close();
    p.database.close();
  };
  asio::co_spawn(context, chosen(p, command, given), ended);
  context.run();
  if (thrown) std::rethrow_exception(thrown);
  return status;
}

} // namespace

int main(int argc, char** argv) {
  // Said, the threshold stays; else glibc raises it with the first large block that is freed, and the tables
  // of what a sweep has seen leave holes in the heap as they grow.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  CLI::App app("Keeps a shop's orders true to what the courier Maystro Delivery says: the sweeping half.");
  arguments given;
  app.name("suivi-reconciler");
  app.set_version_flag("--version", "suivi-reconciler " SUIVI_VERSION);
  app.fallthrough();
  app.add_option("--config", given.config, "settings file (TOML)");
  app.add_flag("--json", given.json, "print one JSON document on standard output");
  app.add_flag("--check-config", given.check_config, "print the settings in force, secrets masked, and exit");

  app.add_subcommand("run", "the worker: sweeps on schedule (the default)");
  CLI::App* sweep =
      app.add_subcommand("sweep", "one sweep of each account now; exit 3 if any ended incomplete");
  sweep->add_option("--account", given.sweep.account, "only this account");
  CLI::Option* full = sweep->add_flag("--full", given.full, "read the whole list (the default)");
  sweep
      ->add_flag("--incremental", given.sweep.incremental,
                 "read only what is new, and re-read some open parcels")
      ->excludes(full);
  sweep->add_option("--max-orders", given.sweep.max_orders, "the newest N orders; 0 = all")
      ->check(number_from(0));
  sweep->add_flag("--dry-run", given.sweep.dry_run, "write nothing at all");
  app.add_subcommand("status", "last sweeps, next ones, accounts");
  app.add_subcommand("coverage", "how many orders have a tracking number");
  app.add_subcommand("doctor", "every check that explains why orders do not get updated");
  CLI::App* verify =
      app.add_subcommand("verify", "compare the orders with the courier's answer, writing nothing");
  verify->add_option("--account", given.verify.account, "only this account");
  verify->add_option("--sample", given.verify.sample, "only N random linked orders, read one by one")
      ->check(number_from(1));
  CLI::App* hooks = app.add_subcommand("hooks", "the courier's hook registration");
  hooks->add_option("--account", given.hooks.account, "only this account");
  hooks->require_subcommand(0, 1);
  for (auto [verb, does] :
       {std::pair("list", "what is registered"), std::pair("ensure", "register what is missing"),
        std::pair("remove", "remove ours"), std::pair("test", "ask the courier for a test message")})
    hooks->add_subcommand(verb, does)->fallthrough()->callback([&given, name = std::string(verb)] {
      given.hooks.verb = name;
    });
  CLI::App* migrate = app.add_subcommand("migrate", "bring the schema `suivi` up to date");
  migrate->add_flag("--check", given.migrate_check, "only say whether it is: 0 current, 1 behind");
  app.require_subcommand(0, 1);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? exits::done : exits::usage;
  }
  auto chosen_ones = app.get_subcommands();
  std::string command = chosen_ones.empty() ? "run" : chosen_ones.front()->get_name();
  if (command == "hooks" && given.hooks.verb.empty()) {
    fmt::print(stderr, "suivi-reconciler: hooks: one of list, ensure, remove, test must follow\n");
    return exits::usage;
  }
  try {
    return run(command, given);
  } catch (const std::exception& e) {
    fmt::print(stderr, "suivi-reconciler: {}\n", e.what());
    return exits::failed;
  }
}
