// An order with its parcels and its timeline, and the journal as the stream follows it.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/api/call/parameters.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

struct order_record {
  boost::json::object order; // the shop's shipping columns
  boost::json::array parcels;
  boost::json::array changes; // oldest first; the newest 10,000
};
task<result<std::optional<order_record>>> read_order(pg::connection& db, std::string reference);

// For the stream, like those of events.
task<result<std::int64_t>> last_change_number(pg::connection& db);
struct change_record {
  std::int64_t number = 0;
  boost::json::object data;
};
task<result<std::vector<change_record>>> changes_after(pg::connection& db, std::int64_t after,
                                                       std::vector<std::int64_t> known, std::int64_t limit);

} // namespace suivi::receiver
