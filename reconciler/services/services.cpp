// Makes the pool, the HTTP client and the accounts from the settings.
#include "reconciler/services/services.hpp"

#include "common/log/log.hpp"
#include "common/pg/attended_migration.hpp"
#include "common/schema/numbering.hpp"
#include "common/schema/schema.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace suivi::reconciler {
namespace {

pg::pool_options pool_of(const config::settings& s) {
  pg::pool_options options;
  options.connect = connect_options(s);
  options.size = static_cast<std::size_t>(s.database.pool);
  return options;
}

std::string name_of_process() {
  boost::system::error_code ignored;
  std::string host = asio::ip::host_name(ignored);
  return fmt::format("{}:{}", host.empty() ? "host" : host, ::getpid());
}

} // namespace

pg::connect_options connect_options(const config::settings& s) {
  pg::connect_options options;
  options.url = s.database.url.reveal();
  options.application_name = "suivi-reconciler";
  return options;
}

services::services(asio::any_io_executor on, config::settings values)
    : executor(on), settings(std::move(values)), database(on, pool_of(settings)),
      client(on, http::client_limits{}), owner(name_of_process()) {}

task<result<void>> migrate_now(services& p, milliseconds patience) {
  auto db = co_await p.database.acquire(steady_now() + patience);
  if (!db) co_return db.error();
  pg::connect_options beside = connect_options(p.settings);
  auto ran = co_await pg::migrate_attended(**db, std::move(beside), schema::all());
  if (!ran) co_return ran.error();
  auto numbered = co_await schema::keep_numbers_unique(**db);
  if (!numbered) co_return numbered.error();
  if (*ran > 0) log::info("the schema was brought up to date", {{"scripts", *ran}});
  co_return result<void>();
}

task<result<std::vector<shop::account>>> accounts_now(services& p, milliseconds patience) {
  auto db = co_await p.database.acquire(steady_now() + patience);
  if (!db) co_return db.error();
  std::vector<shop::account> fallback = shop::environment_accounts(p.settings);
  auto accounts = co_await shop::load_accounts(**db, p.settings.base_urls, std::move(fallback));
  co_return accounts;
}

} // namespace suivi::reconciler
