// The list of orders: searched, filtered, page by page from the newest on.
//
// Nothing here goes through all orders where few are wanted: the few are found by Suivi's own tables, and
// then looked at as they are now.
#pragma once

#include "common/http/message/message.hpp"
#include "common/pg/connection.hpp"
#include "receiver/api/call/list_cursor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace suivi::receiver {

enum class order_view { all, untracked, unchecked, alerted, contested, unassigned, conflicting };

struct order_list_query {
  std::string query; // empty: none
  order_view view = order_view::all;
  std::string account;    // empty: any
  std::string status;     // the order's own, or its shipping status; empty: any
  bool unmatched = false; // only those without account that no account's parcel was matched to either
  std::int64_t limit = 25;
  std::optional<list_place> after;
};

// Pure; an error names the parameter.
[[nodiscard]] result<order_list_query> read_order_list_query(const http::target& from);

struct order_page {
  boost::json::array orders; // `courier` is left to the caller, who knows the accounts
  std::optional<std::string> next;
};
task<result<order_page>> list_orders_of(pg::connection& db, order_list_query q);

// How many orders each view has, by the views' names.
task<result<boost::json::object>> count_views(pg::connection& db);

} // namespace suivi::receiver
