// Chooses the parcel that an order shows and fills the order's columns from it.
#include "common/decision/current_parcel.hpp"

#include "common/decision/state_rules.hpp"
#include "common/json/same_members.hpp"

#include <boost/json/parse.hpp>

namespace suivi::shop {
namespace {

std::optional<std::string> as_text(const std::optional<instant>& t) {
  return t ? std::optional(format_instant(*t)) : std::nullopt;
}

// Of a parcel that no pull has shown little is known (the schema suivi was lost, or another system ran the
// shop): the number that the shop has for it is not replaced by one of its weaker names.
bool keeps_shops_number(const parcel_row& parcel, const order_columns& current) {
  if (parcel.pulled_at || parcel.strength >= tracking_strength::tracking_number) return false;
  auto is_name = [&](const std::optional<std::string>& text) {
    return text == parcel.uuid || text == parcel.display_id;
  };
  auto is_blank = [](const std::optional<std::string>& text) { return !is_set(text) || text->empty(); };
  if (is_blank(current.tracking) || is_name(current.tracking)) return false;
  return is_blank(current.maystro_order_id) || is_name(current.maystro_order_id);
}

} // namespace

parcel_row* current_parcel(std::span<parcel_row* const> of_one_order, const order_row& order) {
  for (parcel_row* parcel : of_one_order)
    if (is_named_by_the_shop(parcel->courier) && parcel->uuid == order.columns.tracking) return parcel;
  if (of_one_order.size() == 1) return of_one_order.front();
  parcel_row* best = nullptr;
  auto rank = [](const parcel_row& parcel) {
    return std::tuple(parcel.status && !is_returning(parcel.courier, *parcel.status), *parcel.created_at,
                      parcel.uuid);
  };
  for (parcel_row* parcel : of_one_order)
    if (parcel->created_at && (!best || rank(*parcel) > rank(*best))) best = parcel;
  return best;
}

order_columns columns_showing(const parcel_row& parcel, const order_row& order, const std::string& metadata) {
  order_columns to = order.columns;
  if (parcel.tracking && !is_named_by_the_shop(parcel.courier) && !keeps_shops_number(parcel, order.columns))
    to.tracking = parcel.tracking;
  if (parcel.uuid && shows_identity(parcel.courier)) to.maystro_order_id = parcel.uuid;
  if (parcel.status) to.shipping_status = shown_text(*parcel.status);
  if (parcel.alerted_at.present) {
    to.alerted_at = parcel.alerted_at.value;
    if (to.alerted_at) to.alerted_at = std::chrono::floor<milliseconds>(*to.alerted_at);
  }
  if (parcel.alert_reason.present) to.alert_reason = parcel.alert_reason.value;
  if (parcel.abort_reason.present) to.abort_reason = parcel.abort_reason.value;
  std::optional<std::string>& kept = to.metadata[index_of(parcel.courier)];
  if (!metadata.empty() && order.metadata_mergeable && !same_json(kept, metadata)) kept = metadata;
  return to;
}

bool same_json(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  if (a == b) return true;
  if (!a || !b) return false;
  if (has_same_members(*a, *b)) return true; // nearly always
  boost::system::error_code bad;
  boost::json::value left = boost::json::parse(*a, bad);
  if (bad) return false;
  boost::json::value right = boost::json::parse(*b, bad);
  return !bad && left == right;
}

std::vector<change> differences(const order_columns& from, const order_columns& to) {
  std::vector<change> found;
  if (from == to) return found;
  constexpr std::size_t usually_at_most = 4;
  found.reserve(usually_at_most);
  auto compare = [&](const char* column, const std::optional<std::string>& a,
                     const std::optional<std::string>& b) {
    if (a != b) found.push_back({column, a, b});
  };
  compare("trackingNumber", from.tracking, to.tracking);
  compare("shippingStatus", from.shipping_status, to.shipping_status);
  compare("maystroOrderId", from.maystro_order_id, to.maystro_order_id);
  compare("alertedAt", as_text(from.alerted_at), as_text(to.alerted_at));
  compare("alertReason", from.alert_reason, to.alert_reason);
  compare("abortReason", from.abort_reason, to.abort_reason);
  for (std::size_t i = 0; i < couriers.size(); ++i)
    compare("additionalMetaData", from.metadata[i], to.metadata[i]);
  compare("status", from.status, to.status);
  return found;
}

} // namespace suivi::shop
