// Its own short-lived io_context.
#include "common/program/migrate_command.hpp"

#include "common/base/backoff.hpp"
#include "common/runtime/task_group.hpp"
#include "common/schema/schema.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

task<void> migrate(pg::connect_options options, bool check_only, int& status) {
  status = 1;
  auto db = co_await connect_patiently(options);
  if (!db) {
    fmt::print(stderr, "suivi-receiver: the database cannot be reached: {}\n", to_string(db.error()));
    co_return;
  }
  auto scripts = schema::all();
  if (check_only) {
    auto missing = co_await pg::migrations_missing(*db, scripts);
    if (!missing) {
      fmt::print(stderr, "suivi-receiver: {}\n", to_string(missing.error()));
      co_return;
    }
    if (*missing > 0)
      fmt::print("behind: {} of {} scripts have not run\n", *missing, scripts.size());
    else
      fmt::print("current: {} scripts\n", scripts.size());
    status = *missing > 0 ? 1 : 0;
    co_return;
  }
  auto ran = co_await pg::migrate(*db, scripts);
  if (!ran) {
    fmt::print(stderr, "suivi-receiver: {}\n", to_string(ran.error()));
    co_return;
  }
  fmt::print("current: {} of {} scripts ran now\n", *ran, scripts.size());
  status = 0;
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

int run_migrate(const pg::connect_options& database, bool check_only) {
  asio::io_context io(1);
  runtime::task_group all(io.get_executor());
  int status = 1;
  all.spawn("migrate", migrate(database, check_only, status));
  io.run();
  return status;
}

} // namespace suivi::receiver
