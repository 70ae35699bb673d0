// Fills a database with the sample shop.
#include "tests/maystro_sim/shop/load_shop.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace suivi::sim {
namespace {

constexpr pg::statement begin{"", "BEGIN"};
constexpr pg::statement commit{"", "COMMIT"};
constexpr pg::statement has_tables{"", "SELECT to_regclass('orders') IS NOT NULL"};
constexpr pg::statement count_orders{"", "SELECT count(*) FROM orders"};
constexpr pg::statement put_account{
    "",
    R"(INSERT INTO shipping_accounts ("id", "name", "companyId", "credentials", "baseUrl", "isPrimary", "updatedAt")
           SELECT $1, $2, c."id", $3::jsonb, $4, $5, now() AT TIME ZONE 'UTC' FROM shipping_companies c WHERE c."slug" = $6
           ON CONFLICT ("id") DO UPDATE SET "credentials" = excluded."credentials", "baseUrl" = excluded."baseUrl",
                                            "updatedAt" = excluded."updatedAt")"};
constexpr pg::statement put_company{"", R"(INSERT INTO shipping_companies ("id", "name", "slug", "updatedAt")
           VALUES ('company-' || $1::text, $2, $1::text, now() AT TIME ZONE 'UTC') ON CONFLICT DO NOTHING)"};
constexpr std::size_t chunk = 64 * 1024;

boost::json::object credentials_of(const client_account& account) {
  switch (account.kind) {
  case courier_kind::guepex:
    return {{"apiId", account.user()}, {"apiToken", account.token}, {"webhookSecret", account.signing_key()}};
  case courier_kind::nord_west:
    return {{"apiToken", account.token}, {"userGuid", account.user()}};
  case courier_kind::maystro:
    break;
  }
  return {{"apiKey", account.token}};
}

task<result<void>> put_accounts(pg::connection& db, const shop_shape& shape, const std::string& base_url) {
  bool primary = true;
  for (const auto& account : shape.accounts) {
    pg::params company;
    company.text(slug(account.kind)).text(display_name(account.kind));
    auto known = co_await db.run(put_company, std::move(company));
    if (!known) co_return known.error();
    const auto credentials = boost::json::serialize(credentials_of(account));
    pg::params with;
    with.text(account.id).text(account.name).text(credentials);
    with.text(base_url + std::string(base_path(account.kind))).boolean(primary).text(slug(account.kind));
    auto done = co_await db.run(put_account, std::move(with));
    if (!done) co_return done.error();
    primary = false;
  }
  co_return result<void>();
}

task<result<std::uint64_t>> copy_rows(pg::connection& db, std::string_view copy, std::uint64_t count,
                                      std::function<void(std::string&, std::uint64_t)> append) {
  std::uint64_t i = 0;
  std::function<bool(std::string&)> next = [&](std::string& buffer) {
    for (; i < count && buffer.size() < chunk; ++i) append(buffer, i);
    return i < count;
  };
  auto copied = co_await db.copy_in(copy, next);
  co_return copied;
}

} // namespace

task<result<loaded>> load_shop(std::string database_url, shop_shape shape, std::string base_url) {
  pg::connect_options options;
  options.url = std::move(database_url);
  options.application_name = "suivi-maystro-sim";
  options.statement_timeout = std::chrono::minutes(30); // a million rows with fifteen indexes
  options.answer_timeout = std::chrono::minutes(31);
  auto connected = co_await pg::connection::connect(options);
  if (!connected) co_return connected.error();
  auto db = std::move(*connected);

  loaded outcome;
  auto there = co_await db.run(has_tables);
  if (!there) co_return there.error();
  if (!there->boolean(0, 0)) {
    auto made = co_await db.run_script(shop_tables);
    if (!made) co_return made.error();
    outcome.tables_made = true;
  }
  auto begun = co_await db.run(begin);
  if (!begun) co_return begun.error();
  auto accounts = co_await put_accounts(db, shape, base_url);
  if (!accounts) co_return accounts.error();
  auto before = co_await db.run(count_orders);
  if (!before) co_return before.error();
  outcome.orders_before = static_cast<std::uint64_t>(before->integer(0, 0));
  outcome.orders = outcome.orders_before;
  if (outcome.orders_before == 0) {
    const auto orders = shape.orders;
    const shop_rows rows(std::move(shape));
    std::function<void(std::string&, std::uint64_t)> customer = [&](std::string& out, std::uint64_t i) {
      rows.append_customer(out, i);
    };
    auto customers = co_await copy_rows(db, shop_rows::copy_customers, rows.customers(), customer);
    if (!customers) co_return customers.error();
    std::function<void(std::string&, std::uint64_t)> order = [&](std::string& out, std::uint64_t i) {
      rows.append_order(out, i);
    };
    auto copied = co_await copy_rows(db, shop_rows::copy_orders, orders, order);
    if (!copied) co_return copied.error();
    outcome.orders = *copied;
  }
  auto done = co_await db.run(commit);
  if (!done) co_return done.error();
  if (outcome.orders_before == 0) {
    auto analyzed = co_await db.run_script("ANALYZE orders"); // as autovacuum would do in a minute
    if (!analyzed) co_return analyzed.error();
  }
  co_return outcome;
}

} // namespace suivi::sim
