// Answers about orders, each from one query.
#include "receiver/api/orders/order_endpoints.hpp"

#include "common/courier_list/parts.hpp"
#include "common/json/json_values.hpp"
#include "common/shipment/courier.hpp"
#include "common/shop/coverage.hpp"
#include "common/shop/samples.hpp"
#include "receiver/api/call/answers.hpp"
#include "receiver/api/call/parameters.hpp"
#include "receiver/api/orders/change_queries.hpp"
#include "receiver/api/orders/order_list.hpp"
#include "receiver/api/orders/order_queries.hpp"

#include <boost/json/value.hpp>

namespace suivi::receiver {

namespace {

namespace json = boost::json;

constexpr std::int64_t changes_shown = 25;

} // namespace

task<answer_or_error> tell_coverage(api_context& api, api_call) {
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto counted = co_await shop::recent_coverage(**db);
  if (!counted) co_return counted.error();
  co_return answered(shop::to_json(*counted));
}

task<answer_or_error> list_orders(api_context& api, api_call call) {
  auto wanted = read_order_list_query(call.where.target);
  if (!wanted) co_return bad_request(wanted.error());
  co_await api.accounts.refresh();
  auto accounts = api.accounts.list();
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto sampled = co_await shop::refresh_small_sample(**db);
  if (!sampled) co_return sampled.error();
  auto page = co_await list_orders_of(**db, *wanted);
  if (!page) co_return page.error();
  if (!page->sweep_is_known) co_return unknown("sweep");
  if (page->orders.empty() && !wanted->account.empty()) {
    give_back(*db);
    std::string account = wanted->account;
    auto refusal = co_await refuse_unknown_account(api, std::move(account));
    if (refusal) co_return std::move(*refusal);
    db = co_await api_connection(api);
    if (!db) co_return db.error();
  }
  auto counts = co_await count_views(**db);
  if (!counts) co_return counts.error();
  for (json::value& order : page->orders) {
    json::object& row = order.as_object();
    for (const auto& one : accounts) {
      if (!row["accountId"].is_string() || row["accountId"].get_string() != one.id) continue;
      row["courier"] = slug(one.courier);
      bool no_lookup = courier::capabilities_of(one.courier).references_max == 0;
      if (no_lookup && !row["why"].is_null()) row["why"] = "no_lookup";
    }
  }
  json::object data{
      {"orders", std::move(page->orders)}, {"next", or_null(page->next)}, {"counts", std::move(*counts)}};
  co_return answered(std::move(data));
}

task<answer_or_error> list_changes(api_context& api, api_call call) {
  auto limit = read_limit(call.where.target, changes_shown);
  if (!limit) co_return bad_request(limit.error());
  std::optional<std::int64_t> before;
  if (auto text = call.where.target.find("before"); text && !text->empty()) {
    before = read_id(*text);
    if (!before) co_return bad_request(wrong_value("before", *text, "the `next` of an answer"));
  }
  auto db = co_await api_connection(api);
  if (!db) co_return db.error();
  auto page = co_await list_changes_before(**db, before, *limit);
  if (!page) co_return page.error();
  json::object data{{"changes", std::move(page->changes)}, {"next", or_null(page->next)}};
  co_return answered(std::move(data));
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
