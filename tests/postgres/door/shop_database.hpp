// A shop in a real database, with the few verbs the door's tests speak.
#pragma once

#include "common/door/door.hpp"
#include "common/pg/connection.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/database.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/decision/shop_model.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace suivi::test {

using shop::at;
using shop::noon;

inline task<pg::connection> connect(std::string url) {
  pg::connect_options options;
  options.url = std::move(url);
  auto made = co_await pg::connection::connect(options);
  co_return std::move(made.value());
}

// Accounts account-a and account-b, one customer, and orders as the test adds them.
struct shop_database {
  database db;

  shop_database() {
    add_customer(db);
    sql(R"(
      insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
      select a, a, c."id", '{"apiKey": "example-key"}', now()
      from unnest(array['account-a', 'account-b']) a, shipping_companies c where c."slug" = 'maystro')");
  }

  void sql(const std::string& script) { db.execute(script); }
  std::string get(const std::string& question) { return db.value(question); }

  // Orders "R<first>" … "R<last>" with ids "order-R…"; `account` is an SQL expression.
  void add_orders(int first, int last, const std::string& account = "'account-a'") {
    sql(orders_sql("order-R", "R", first, last, account));
    sql(fmt::format(R"(update orders set "status" = 'CONFIRMED', "updatedAt" = '2026-01-01'
      where "id" in (select 'order-R' || n from generate_series({}, {}) n))",
                    first, last));
  }
  std::string column(int order, const std::string& name) {
    return get(fmt::format("select \"{}\"::text from orders where \"id\" = 'order-R{}'", name, order));
  }
};

// A row of a list that was asked for at `start`, of the order "R<order>".
inline shop::observation a_row(int start, int order, const std::string& uuid, int status) {
  shop::observation o = shop::a_row(start, fmt::format("R{}", order), uuid, status);
  o.when = {shop::as_of::shape::interval, at(start), at(start) + milliseconds(500)};
  return o;
}

inline shop::observation push(int published, int order, const std::string& uuid, int status) {
  shop::observation o = shop::push(published, fmt::format("R{}", order), uuid, status);
  o.shipment.created_at = at(0);
  return o;
}

inline task<std::vector<shop::verdict>> apply_through(std::string url,
                                                      std::vector<shop::observation> observations,
                                                      shop::door_options options,
                                                      shop::extra_statements with) {
  auto db = co_await connect(url);
  auto verdicts = co_await shop::apply(db, observations, options, with);
  INFO((verdicts ? "" : to_string(verdicts.error())));
  REQUIRE(verdicts.has_value());
  co_return std::move(verdicts.value());
}

inline std::vector<shop::verdict> apply(shop_database& shop, std::vector<shop::observation> observations,
                                        shop::door_options options = {}, shop::extra_statements with = {}) {
  return run(apply_through(shop.db.url(), std::move(observations), options, std::move(with)));
}

} // namespace suivi::test
