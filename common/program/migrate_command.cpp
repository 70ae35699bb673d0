// Runs the scripts that have not run yet, over one connection.
#include "common/program/migrate_command.hpp"

#include "common/base/backoff.hpp"
#include "common/pg/attended_migration.hpp"
#include "common/program/exit_status.hpp"
#include "common/runtime/task_group.hpp"
#include "common/schema/schema.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

namespace suivi::program {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

void print_json(std::size_t scripts, std::size_t missing, std::size_t ran) {
  fmt::print("{{\"current\":{},\"scripts\":{},\"missing\":{},\"ran\":{}}}\n", missing == 0, scripts, missing,
             ran);
}

task<void> migrate(std::string program, pg::connect_options options, migrate_arguments arguments,
                   int& status) {
  status = exits::failed;
  auto db = co_await connect_patiently(options);
  if (!db) {
    fmt::print(stderr, "{}: the database cannot be reached: {}\n", program, to_string(db.error()));
    co_return;
  }
  auto scripts = schema::all();
  if (arguments.check) {
    auto missing = co_await pg::migrations_missing(*db, scripts);
    if (!missing) {
      fmt::print(stderr, "{}: {}\n", program, to_string(missing.error()));
      co_return;
    }
    if (arguments.json)
      print_json(scripts.size(), *missing, 0);
    else if (*missing > 0)
      fmt::print("behind: {} of {} scripts have not run\n", *missing, scripts.size());
    else
      fmt::print("current: {} scripts\n", scripts.size());
    status = *missing > 0 ? exits::failed : exits::done;
    co_return;
  }
  auto ran = co_await pg::migrate_attended(*db, options, scripts);
  if (!ran) {
    fmt::print(stderr, "{}: {}\n", program, to_string(ran.error()));
    co_return;
  }
  if (arguments.json)
    print_json(scripts.size(), 0, *ran);
  else
    fmt::print("current: {} of {} scripts ran now\n", *ran, scripts.size());
  status = exits::done;
}

} // namespace

task<result<pg::connection>> connect_patiently(const pg::connect_options& options) {
  auto give_up = steady_clock::now() + 10s;
  for (int tries = 0;; ++tries) {
    auto db = co_await pg::connection::connect(options);
    if (db || db.error().kind == failure::permanent || steady_clock::now() >= give_up) co_return db;
    auto pause = backoff(tries, 100ms, 1s, jitter());
    co_await runtime::sleep_for(pause);
  }
}

int run_migrate(std::string_view program, const pg::connect_options& database, migrate_arguments arguments) {
  asio::io_context io(1);
  runtime::task_group all(io.get_executor());
  int status = exits::failed;
  all.spawn("migrate", migrate(std::string(program), database, arguments, status));
  io.run();
  return status;
}

} // namespace suivi::program
