// Questions that one look at the database answers.
#include "receiver/api/order_endpoints.hpp"

#include "common/shop/coverage.hpp"
#include "receiver/api/event_json.hpp"
#include "receiver/api/order_queries.hpp"

namespace suivi::receiver {

namespace json = boost::json;

task<answer_or_error> tell_coverage(api_context& api, api_call) {
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto counted = co_await shop::count_coverage(**db);
  if (!counted) co_return counted.error();
  co_return answered(shop::to_json(*counted));
}

task<answer_or_error> show_order(api_context& api, api_call call) {
  std::string reference = call.where.subject;
  if (!is_storable(reference) || reference.empty()) co_return unknown("order");
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto found = co_await read_order(**db, std::move(reference));
  if (!found) co_return found.error();
  if (!*found) co_return unknown("order");
  auto& record = **found;
  json::object data{{"order", std::move(record.order)},
                    {"parcels", std::move(record.parcels)},
                    {"changes", std::move(record.changes)}};
  co_return answered(std::move(data));
}

} // namespace suivi::receiver
