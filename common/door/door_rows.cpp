// In the order in which door_sql.cpp names the columns.
#include "common/door/door_rows.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

namespace suivi::shop {
namespace {

std::set<int> read_statuses(std::string_view list) {
  std::set<int> statuses;
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    int status = 0;
    std::from_chars(one.data(), one.data() + one.size(), status);
    statuses.insert(status);
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return statuses;
}

} // namespace

order_row read_order(const pg::rows& rows, std::size_t i) {
  order_row order;
  order.id = rows.text(i, 0);
  order.reference = rows.text(i, 1);
  order.account = rows.maybe_text(i, 2);
  order.columns.tracking = rows.maybe_text(i, 3);
  order.columns.shipping_status = rows.maybe_text(i, 4);
  order.columns.maystro_order_id = rows.maybe_text(i, 5);
  order.columns.alerted_at = rows.maybe_timestamp(i, 6);
  order.columns.alert_reason = rows.maybe_text(i, 7);
  order.columns.abort_reason = rows.maybe_text(i, 8);
  order.metadata_mergeable = rows.boolean(i, 9);
  order.columns.status = rows.text(i, 10);
  for (std::size_t k = 0; k < couriers.size(); ++k)
    order.columns.metadata[k] = rows.maybe_text(i, order_columns_plain + k);
  return order;
}

parcel_row read_parcel(const pg::rows& rows, std::size_t i, std::size_t first) {
  parcel_row parcel;
  parcel.id = rows.integer(i, first);
  parcel.account = rows.text(i, first + 1);
  parcel.uuid = rows.maybe_text(i, first + 2);
  parcel.display_id = rows.maybe_text(i, first + 3);
  parcel.reference = rows.maybe_text(i, first + 4);
  parcel.order_id = rows.maybe_text(i, first + 5);
  parcel.link = static_cast<link_strength>(rows.integer(i, first + 6));
  parcel.tracking = rows.maybe_text(i, first + 7);
  parcel.strength = static_cast<tracking_strength>(rows.integer(i, first + 8));
  parcel.courier = static_cast<courier_kind>(rows.integer(i, first + 21));
  if (std::optional<std::string> text = rows.maybe_text(i, first + 22))
    parcel.status = parcel_state(std::move(*text));
  else if (rows.integer(i, first + 9) != parcel_state::no_number)
    parcel.status = static_cast<int>(rows.integer(i, first + 9));
  std::int64_t known = rows.integer(i, first + 13);
  parcel.alerted_at = {(known & 1) != 0, rows.maybe_timestamp(i, first + 10)};
  parcel.alert_reason = {(known & 2) != 0, rows.maybe_text(i, first + 11)};
  parcel.abort_reason = {(known & 4) != 0, rows.maybe_text(i, first + 12)};
  parcel.created_at = rows.maybe_timestamp(i, first + 14);
  parcel.when.kind = static_cast<as_of::shape>(rows.integer(i, first + 15));
  parcel.when.from = rows.maybe_timestamp(i, first + 16).value_or(instant{});
  parcel.when.to = rows.maybe_timestamp(i, first + 17).value_or(instant{});
  parcel.from = static_cast<source>(rows.integer(i, first + 18));
  parcel.pulled_at = rows.maybe_timestamp(i, first + 19);
  parcel.past_statuses = read_statuses(rows.text(i, first + 20));
  return parcel;
}

} // namespace suivi::shop
