// Rows come as PostgreSQL's own JSON where other rooms may add columns, and are renamed here.
#include "receiver/api/orders/order_queries.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "common/shipment/courier.hpp"
#include "receiver/api/orders/change_json.hpp"
#include "receiver/api/redaction/order_columns.hpp"
#include "receiver/api/redaction/redaction.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

// Of the metadata what each courier's key holds.
std::string order_text() {
  std::string text = R"sql(
select "id", "reference", "status"::text, "trackingNumber", "shippingStatus", "maystroOrderId", "alertedAt", "alertReason",
       "abortReason", "shippingAccountId", "updatedAt")sql";
  for (courier_kind which : couriers) text += fmt::format(R"(, "additionalMetaData"->'{}')", slug(which));
  return text + R"( from orders where "reference" = $1)";
}

const std::string order_text_of_all = order_text();
const pg::statement order_statement{"operations_order", order_text_of_all};

constexpr pg::statement parcels_statement{"operations_parcels", R"sql(
select p.account, p.uuid, p.display_id, p.reference, p.tracking, p.status, p.alerted_at, p.alert_reason, p.abort_reason,
       p.created_at, p.as_of_from, p.as_of_to, p.source, p.pulled_at, p.state, p.courier,
       coalesce(case when p.courier = 1 then p.uuid = o."maystroOrderId" else p.tracking = o."trackingNumber" end, false)
from orders o join suivi.parcel p on p.order_id = o."id"
where o."reference" = $1 order by p.created_at nulls last, p.id
)sql"};

constexpr pg::statement changes_statement{"operations_changes", R"sql(
select c.id, c.at, c.source, c.field, c.from_value, c.to_value, c.event_id, c.sweep_id from (
  select c.* from suivi.change c where c.order_id = (select o."id" from orders o where o."reference" = $1)
  order by c.id desc limit 10000) c
order by c.id
)sql"};

json::object order_of(const pg::rows& found) {
  json::object o;
  o["id"] = found.text(0, 0);
  o["reference"] = found.text(0, 1);
  o["status"] = or_null(found.maybe_text(0, 2));
  o["trackingNumber"] = or_null(found.maybe_text(0, 3));
  o["shippingStatus"] = shown_column("shippingStatus", found.maybe_text(0, 4));
  o["maystroOrderId"] = or_null(found.maybe_text(0, 5));
  o["alertedAt"] = or_null(found.maybe_timestamp(0, 6));
  o["alertReason"] = shown_column("alertReason", found.maybe_text(0, 7));
  o["abortReason"] = shown_column("abortReason", found.maybe_text(0, 8));
  json::object metadata; // other keys are the shop's own, and may be about the customer
  std::size_t column = 11;
  for (courier_kind courier : couriers) {
    auto text = found.maybe_text(0, column++);
    if (!text) continue;
    auto ours = parse_json(*text);
    if (!ours) continue;
    mask(*ours);
    metadata[slug(courier)] = std::move(*ours);
  }
  o["additionalMetaData"] = std::move(metadata);
  o["shippingAccountId"] = or_null(found.maybe_text(0, 9));
  o["updatedAt"] = or_null(found.maybe_timestamp(0, 10));
  return o;
}

json::array parcels_of(const pg::rows& found) {
  json::array parcels;
  for (std::size_t i = 0; i < found.size(); ++i) {
    json::object p;
    p["account"] = found.text(i, 0);
    p["uuid"] = or_null(found.maybe_text(i, 1));
    p["displayId"] = or_null(found.maybe_text(i, 2));
    p["reference"] = or_null(found.maybe_text(i, 3));
    p["trackingNumber"] = or_null(found.maybe_text(i, 4));
    // A number, or a text as the shop holds it; null where none is known yet.
    std::int64_t number = found.integer(i, 5);
    p["status"] = number < 0 ? or_null(found.maybe_text(i, 14)) : json::value(number);
    p["courier"] = slug(static_cast<courier_kind>(found.integer(i, 15)));
    p["alertedAt"] = or_null(found.maybe_timestamp(i, 6));
    p["alertReason"] = shown_column("alertReason", found.maybe_text(i, 7));
    p["abortReason"] = shown_column("abortReason", found.maybe_text(i, 8));
    p["createdAt"] = or_null(found.maybe_timestamp(i, 9));
    p["asOfFrom"] = or_null(found.maybe_timestamp(i, 10));
    p["asOfTo"] = or_null(found.maybe_timestamp(i, 11));
    p["source"] = name_of_source(found.integer(i, 12));
    p["pulledAt"] = or_null(found.maybe_timestamp(i, 13));
    p["shown"] = found.boolean(i, 16);
    parcels.push_back(std::move(p));
  }
  return parcels;
}

} // namespace

task<result<std::optional<order_record>>> read_order(pg::connection& db, std::string reference) {
  pg::pipeline steps;
  for (const auto& statement : {order_statement, parcels_statement, changes_statement}) {
    pg::params with;
    with.text(reference);
    steps.add(statement, std::move(with));
  }
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  const auto& [order, parcels, changes] = std::tie((*found)[0], (*found)[1], (*found)[2]);
  std::optional<order_record> record;
  if (order.empty()) co_return record;
  record.emplace();
  record->order = order_of(order);
  record->parcels = parcels_of(parcels);
  for (std::size_t i = 0; i < changes.size(); ++i) record->changes.push_back(change_of(changes, i, 1));
  co_return record;
}

task<result<std::int64_t>> last_change_number(pg::connection& db) {
  static constexpr pg::statement text{"operations_last_change", "select last_value from suivi.change_id_seq"};
  auto found = co_await db.run(text);
  if (!found) co_return found.error();
  co_return found->integer(0, 0);
}

task<result<std::vector<change_record>>> changes_after(pg::connection& db, std::int64_t after,
                                                       std::vector<std::int64_t> known, std::int64_t limit) {
  static constexpr pg::statement text{"operations_changes_after", R"sql(
select c.id, o."reference", c.order_id, c.account, c.at, c.source, c.field, c.from_value, c.to_value, c.event_id, c.sweep_id
from suivi.change c left join orders o on o."id" = c.order_id
where c.id > $1 and c.at >= now() - interval '1 day' and not (c.id = any($2)) order by c.id limit $3
)sql"};
  std::vector<std::optional<std::int64_t>> known_ids(known.begin(), known.end());
  pg::params with;
  with.integer(after).integers(known_ids).integer(limit);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  std::vector<change_record> changes;
  for (std::size_t i = 0; i < found->size(); ++i) {
    json::object data{{"reference", or_null(found->maybe_text(i, 1))},
                      {"orderId", found->text(i, 2)},
                      {"account", found->text(i, 3)}};
    for (auto& [name, value] : change_of(*found, i, 4)) data[name] = value;
    changes.push_back({found->integer(i, 0), std::move(data)});
  }
  co_return changes;
}

} // namespace suivi::receiver
