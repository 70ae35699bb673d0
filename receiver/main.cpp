// suivi-receiver: reads the command line and the settings, does the one thing asked for, returns its exit
// status.
#include "common/program/bootstrap.hpp"
#include "common/program/migrate_command.hpp"
#include "common/runtime/signals.hpp"
#include "receiver/app.hpp"
#include "receiver/command_line.hpp"
#include "receiver/reload_settings.hpp"
#include "receiver/services/options.hpp"
#include "receiver/spool_command.hpp"

#include <variant>

using namespace suivi;

namespace {

int run(int argc, char** argv) {
  auto read = receiver::read_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&read)) return *status;
  const auto& wanted = std::get<receiver::command_line>(read);
  if (wanted.command == receiver::command::serve) runtime::end_at_stop_signals();

  program::start_options options;
  options.config_file = wanted.config_file;
  if (wanted.command == receiver::command::check_config)
    options.purpose = config::purpose::check;
  else if (wanted.command != receiver::command::serve)
    options.purpose = config::purpose::command;
  options.json = wanted.json;
  options.quiet = wanted.command != receiver::command::serve;
  auto started = program::start(config::program::receiver, options);
  if (const int* status = std::get_if<int>(&started)) return *status;
  const auto& settings = std::get<config::settings>(started);

  if (wanted.command == receiver::command::migrate)
    return program::run_migrate(program::name_of(config::program::receiver),
                                receiver::connect_options(settings), wanted.migrate);
  if (wanted.command == receiver::command::replay) return receiver::run_replay(settings, wanted.replay);
  if (wanted.command == receiver::command::spool) return receiver::run_spool(settings, wanted.spool);
  auto again = [options] {
    receiver::warn_of_copies(options.config_file, config::process_environment());
    return program::read_again(config::program::receiver, options);
  };
  return receiver::run_server(settings, again);
}

} // namespace

int main(int argc, char** argv) {
  runtime::keep_standard_files_open();
  runtime::ignore_hangup_and_broken_pipe();
  return program::status_after_output(program::name_of(config::program::receiver), run(argc, argv));
}
