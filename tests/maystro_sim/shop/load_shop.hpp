// Fills a database with the sample shop: tables if there are none, accounts, orders by COPY.
#pragma once

#include "common/pg/connection.hpp"
#include "tests/maystro_sim/shop/shop_orders.hpp"

namespace suivi::sim {

struct loaded {
  bool tables_made = false;
  std::uint64_t orders_before = 0; // more than 0: orders were there and none were added
  std::uint64_t orders = 0;        // now
};

// Accounts are inserted or brought up to date (key, base URL) every time; orders only into an empty table.
// One transaction: all of it or nothing.
task<result<loaded>> load_shop(std::string database_url, shop_shape shape, std::string base_url);

} // namespace suivi::sim
