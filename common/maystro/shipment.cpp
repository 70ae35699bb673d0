// A list row into a shipment, and the part of it that is kept beside the order.
#include "common/maystro/shipment.hpp"

#include "common/base/utf8.hpp"
#include "common/maystro/json_fields.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <fmt/format.h>

namespace suivi::maystro {
namespace {

namespace json = boost::json;

// What is kept of a row: the shop's name for it, and the courier's (the first one that holds something). In
// the order of the names. Left out on purpose: persons, phones, addresses; and last_update, updated_at and
// the like, which change without anything having happened and would rewrite every order at every sweep.
struct kept_member {
  std::string_view name;
  std::array<std::string_view, 2> sources;
};
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

// JSON text of a scalar; empty for null and "" (the same as not sent, lest they alternate), lists and
// objects.
std::string scalar_text(const json::value& value) {
  if (const json::string* text = value.if_string()) {
    std::string storable = to_storable_text({text->data(), text->size()});
    return storable.empty() ? storable : json::serialize(json::string(storable));
  }
  if (const auto* i = value.if_int64()) return fmt::format("{}", *i);
  if (const auto* u = value.if_uint64()) return fmt::format("{}", *u);
  if (const bool* b = value.if_bool()) return *b ? "true" : "false";
  const double* d = value.if_double();
  return d != nullptr && std::isfinite(*d) ? fmt::format("{}", *d) : std::string();
}

void append(std::string& out, const json::object& row, const kept_member& member) {
  for (std::string_view source : member.sources) {
    const json::value* value = source.empty() ? nullptr : row.if_contains(source);
    std::string text = value == nullptr ? std::string() : scalar_text(*value);
    if (text.empty()) continue;
    if (!out.empty()) out += ',';
    out += fmt::format("\"{}\":{}", member.name, text);
    return;
  }
}

std::string metadata_of(const json::object& row) {
  std::string members;
  for (const kept_member& member : kept) append(members, row, member);
  return members.empty() ? members : "{" + members + "}";
}

} // namespace

std::pair<std::string, tracking_strength> shipment::best_tracking() const {
  if (tracking) return {*tracking, tracking_strength::tracking_number};
  if (display_id) return {*display_id, tracking_strength::display_id};
  if (uuid) return {*uuid, tracking_strength::uuid};
  return {std::string(), tracking_strength::none};
}

shipment read_row(const json::object& row) {
  shipment what;
  read_common(row, what);
  what.uuid = first_id(row, {"instance_uuid", "id"});
  what.status = read_status(row.if_contains("status"));
  if (!what.status) what.status = read_status(row.if_contains("status_code"));
  what.metadata = metadata_of(row);
  return what;
}

} // namespace suivi::maystro
