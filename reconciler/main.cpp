// suivi-reconciler: reads the command line and the settings, runs one command, returns its exit status.
#include "common/program/bootstrap.hpp"
#include "common/program/exit_status.hpp"
#include "common/program/migrate_command.hpp"
#include "common/runtime/signals.hpp"
#include "reconciler/commands/command_line.hpp"
#include "reconciler/commands/coverage_command.hpp"
#include "reconciler/commands/doctor_command.hpp"
#include "reconciler/commands/status_command.hpp"
#include "reconciler/worker/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <fmt/format.h>
#include <malloc.h>
#include <variant>

namespace {

using namespace suivi;
using namespace suivi::reconciler;

task<int> dispatch(services& p, command_line wanted) {
  const std::string& command = wanted.command;
  if (command == "sweep") return sweep_command(p, wanted.sweep);
  if (command == "status") return status_command(p, wanted.status);
  if (command == "coverage") return coverage_command(p, wanted.json);
  if (command == "doctor") return doctor_command(p, wanted.json);
  if (command == "hooks") return hooks_command(p, wanted.hooks);
  if (command == "verify") return verify_command(p, wanted.verify);
  return run_worker(p);
}

int run(const command_line& wanted) {
  program::start_options options;
  options.config_file = wanted.config_file;
  if (wanted.check_config) options.purpose = config::purpose::check;
  options.json = wanted.json;
  options.quiet = wanted.command != "run";
  if (wanted.command == "run" || wanted.command == "sweep") runtime::end_at_stop_signals();
  auto started = program::start(config::program::reconciler, options);
  if (const int* status = std::get_if<int>(&started)) return *status;
  const auto& settings = std::get<config::settings>(started);
  if (wanted.command == "migrate")
    return program::run_migrate(program::name_of(config::program::reconciler), connect_options(settings),
                                {wanted.migrate_check, wanted.json});

  runtime::raise_open_file_limit();
  asio::io_context context(1);
  services p(context.get_executor(), settings);
  int status = program::exits::failed;
  std::exception_ptr thrown;
  auto ended = [&](std::exception_ptr problem, int code) {
    thrown = problem;
    status = code;
    p.client.close();
    p.database.close();
  };
  asio::co_spawn(context, dispatch(p, wanted), ended);
  context.run();
  if (thrown) std::rethrow_exception(thrown);
  return status;
}

} // namespace

int main(int argc, char** argv) {
  runtime::keep_standard_files_open();
  runtime::ignore_hangup_and_broken_pipe();
  // Said, the threshold stays; else glibc raises it with the first large block that is freed, and the tables
  // of what a sweep has seen leave holes in the heap as they grow.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  auto wanted = read_command_line(argc, argv);
  int status = program::exits::failed;
  if (const int* read = std::get_if<int>(&wanted)) {
    status = *read;
  } else {
    try {
      status = run(std::get<command_line>(wanted));
    } catch (const std::exception& e) {
      fmt::print(stderr, "suivi-reconciler: {}\n", e.what());
    }
  }
  return program::status_after_output(program::name_of(config::program::reconciler), status);
}
