// Reads the settings first, because they say how to log.
#include "common/program/bootstrap.hpp"

#include "common/config/setting_table.hpp"
#include "common/log/log.hpp"
#include "common/pg/url/url.hpp"
#include "common/program/exit_status.hpp"
#include "common/program/unsafe_database.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace suivi::program {
namespace {

// What can be said of database.url without the database: nothing where it is right; `warnings` grow.
std::optional<std::string> fault_of_database_url(const config::settings& settings, config::purpose purpose,
                                                 std::vector<std::string>& warnings) {
  const std::string& url = settings.database.url.reveal();
  if (url == config::mask) return std::nullopt; // to be checked only, and not to be run with
  result<pg::target> where = pg::parse_url(url);
  if (!where) return fmt::format("database.url = {}: {}", config::mask, where.error().detail);
  for (const std::string& warning : where->warnings) warnings.push_back("database.url: " + warning);
  if (purpose != config::purpose::check) return std::nullopt;
  if (auto unsafe = unsafe_database(*where, config::process_environment()))
    warnings.push_back("database.url: " + *unsafe);
  return std::nullopt;
}

} // namespace

log::level level_of(const std::string& name) {
  if (name == "debug") return log::level::debug;
  if (name == "warn") return log::level::warn;
  if (name == "error") return log::level::error;
  return log::level::info;
}

std::variant<config::settings, std::vector<std::string>> read_again(config::program program,
                                                                    const start_options& options) {
  bool terminal = ::isatty(STDERR_FILENO) == 1;
  auto loaded = config::load(program, options.config_file, config::process_environment(), terminal,
                             config::purpose::run_again);
  if (!loaded) return loaded.error();
  return std::move(loaded->values);
}

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
  if (auto fault = fault_of_database_url(settings, options.purpose, loaded->warnings)) {
    fmt::print(stderr, "{}: {}\n", name, *fault);
    return exits::usage;
  }
  if (options.purpose == config::purpose::check) {
    for (const std::string& line : loaded->warnings) fmt::print(stderr, "{}: warning: {}\n", name, line);
    if (options.json)
      fmt::print("{}\n", config::to_json(settings));
    else
      fmt::print("{}", config::to_toml(settings));
    return exits::done;
  }
  log::level level = level_of(settings.log.level);
  if (options.quiet && level == log::level::info) level = log::level::warn;
  log::configure(name, level, settings.log.format == "text" ? log::format::text : log::format::json);
  for (const std::string& line : loaded->warnings) log::warn("settings", {{"warning", line}});
  return settings;
}

int status_after_output(std::string_view program, int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  fmt::print(stderr, "{}: standard output cannot be written\n", program);
  return status == exits::done ? exits::failed : status;
}

} // namespace suivi::program
