// A list row into a shipment, and the part of it that is kept beside the order.
#include "common/maystro/shipment.hpp"

#include "common/json/kept_members.hpp"
#include "common/maystro/json_fields.hpp"

#include <array>

namespace suivi::maystro {
namespace {

// What is kept of a row: the shop's name for it, and the courier's (the first one that holds something). In
// the order of the names. Left out on purpose: persons, phones, addresses; and last_update, updated_at and
// the like, which change without anything having happened and would rewrite every order at every sweep.
constexpr std::array<kept_member, 12> kept{{
    {"commune", {"commune", ""}},
    {"commune_name", {"commune_name", ""}},
    {"created_at", {"created_at", ""}},
    {"delivered_at", {"delivered_at", ""}},
    {"display_id", {"display_id", "display_id_order"}},
    {"instance_uuid", {"instance_uuid", ""}},
    {"maystro_id", {"id", ""}},
    {"ordered_at", {"ordered_at", ""}},
    {"postponed_to", {"postponed_to", ""}},
    {"product_name", {"product_name", ""}},
    {"product_price", {"product_price", ""}},
    {"wilaya", {"wilaya", ""}},
}};

} // namespace

shipment read_row(const boost::json::object& row) {
  shipment parcel = read_common(row);
  parcel.uuid = first_id(row, {"instance_uuid", "id"});
  parcel.status = read_status(row.if_contains("status"));
  if (!parcel.status) parcel.status = read_status(row.if_contains("status_code"));
  parcel.metadata = kept_members(row, kept);
  return parcel;
}

} // namespace suivi::maystro
