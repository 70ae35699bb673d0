// The list of orders: searched, filtered, page by page from the newest on.
//
// Nothing here goes through all orders where few are wanted: the few are found by Suivi's own tables, and
// then looked at as they are now.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/api/orders/order_filters.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace suivi::receiver {

struct order_page {
  boost::json::array orders; // `courier` is left to the caller, who knows the accounts
  std::optional<std::string> next;
  bool sweep_is_known = true; // where one was asked about
};
task<result<order_page>> list_orders_of(pg::connection& db, order_list_query q);

// How many orders each view has, by the views' names.
task<result<boost::json::object>> count_views(pg::connection& db);

} // namespace suivi::receiver
