// What every command uses: settings, database pool, HTTP client, accounts. Made once and passed down.
#pragma once

#include "common/config/settings.hpp"
#include "common/http/client/client.hpp"
#include "common/pg/pool.hpp"
#include "common/program/exit_status.hpp"
#include "common/shop/accounts.hpp"

#include <string>
#include <vector>

namespace suivi::reconciler {

namespace exits = program::exits;

[[nodiscard]] pg::connect_options connect_options(const config::settings& s);

// A database that cannot be reached this long ends a one-off command, so that it ends within ten seconds.
inline constexpr milliseconds database_patience{9'500};

struct services {
  services(asio::any_io_executor executor, config::settings values);

  asio::any_io_executor executor;
  config::settings settings;
  pg::pool database;
  http::client client;
  std::string owner; // names this process in leases
};

// Brings the schema up to date. `patience`: for the database to answer.
task<result<void>> migrate_now(services& p, milliseconds patience);
// The accounts of the shop, else of the environment; may be none.
task<result<std::vector<shop::account>>> accounts_now(services& p, milliseconds patience);

} // namespace suivi::reconciler
