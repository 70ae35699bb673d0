// A list row into a parcel, and the part of it that is kept beside the order.
#include "common/guepex/parcel.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/kept_members.hpp"
#include "common/shipment/courier_time.hpp"

#include <array>
#include <boost/json/value.hpp>

namespace suivi::guepex {
namespace {

namespace json = boost::json;

// In the order of the names. Left out on purpose: persons, phones, addresses, label and pin; and
// date_last_status, which says no more than the state's own columns.
constexpr std::array<kept_member, 13> kept{{
    {"current_center_name", {"current_center_name", ""}},
    {"current_wilaya_name", {"current_wilaya_name", ""}},
    {"date_creation", {"date_creation", ""}},
    {"date_expedition", {"date_expedition", ""}},
    {"has_exchange", {"has_exchange", ""}},
    {"import_id", {"import_id", ""}},
    {"order_id", {"order_id", ""}},
    {"parcel_type", {"parcel_type", ""}},
    {"payment_status", {"payment_status", ""}},
    {"price", {"price", ""}},
    {"to_commune_name", {"to_commune_name", ""}},
    {"to_wilaya_name", {"to_wilaya_name", ""}},
    {"tracking", {"tracking", ""}},
}};

std::optional<instant> time_in(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::nullopt : parse_courier_time({text->data(), text->size()});
}

} // namespace

std::optional<parcel> read_parcel(const json::object& row) {
  std::optional<std::string> tracking = first_id(row, {"tracking"});
  if (!tracking) return std::nullopt;
  parcel read;
  read.tracking = without_blanks(*tracking);
  read.reference = first_id(row, {"order_id"});
  const json::value* last_status = row.if_contains("last_status");
  if (const json::string* text = last_status == nullptr ? nullptr : last_status->if_string())
    read.status = read_status({text->data(), text->size()});
  read.reason = read_words(row.if_contains("reason"));
  read.status_at = time_in(row, "date_last_status");
  read.created_at = time_in(row, "date_creation");
  read.metadata = kept_members(row, kept);
  return read;
}

} // namespace suivi::guepex
