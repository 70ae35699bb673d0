// Reads ids, codes and dates of Maystro's JSON, whatever type they have.
#include "common/maystro/json_fields.hpp"

#include "common/base/utf8.hpp"

#include <boost/json/value.hpp>
#include <charconv>
#include <fmt/format.h>

namespace suivi::maystro {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

} // namespace

std::optional<int> read_status(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  std::optional<std::string> text = read_id(*value);
  if (!text) return std::nullopt;
  std::string_view digits = without_blanks(*text);
  int code = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), code);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (code < 0 || code > 9999) return std::nullopt;
  return code;
}

field<instant> date_field(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  if (value == nullptr) return {};
  if (value->is_null()) return {true, std::nullopt};
  std::optional<instant> date = read_date(value);
  return {date.has_value(), date};
}

field<std::string> text_field(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  if (value == nullptr) return {};
  if (value->is_null()) return {true, std::nullopt};
  if (const json::string* sent = value->if_string()) {
    std::string text = to_storable_text(view(*sent));
    if (is_blank(text)) return {true, std::nullopt};
    return {true, std::move(text)};
  }
  if (!value->is_number()) return {};
  std::optional<std::string> digits = whole_number(*value);
  if (!digits) digits = fmt::format("{}", value->get_double());
  return {true, std::move(digits)};
}

void fill_ids(const json::object& from, shipment& shipment) {
  if (!shipment.display_id) shipment.display_id = first_id(from, {"display_id", "display_id_order"});
  if (!shipment.tracking) shipment.tracking = first_id(from, {"tracking_number", "tracking"});
  if (!shipment.reference) shipment.reference = first_id(from, {"external_order_id", "external_id"});
}

void fill_alerts(const json::object& from, shipment& shipment) {
  if (!shipment.alerted_at.present) shipment.alerted_at = date_field(from, "alerted_at");
  if (!shipment.alert_reason.present) shipment.alert_reason = text_field(from, "alert_reason");
  if (!shipment.abort_reason.present) shipment.abort_reason = text_field(from, "abort_reason");
}

std::optional<instant> read_created_at(const json::object& from) {
  std::optional<instant> date = read_date(from.if_contains("created_at"));
  return date ? date : read_date(from.if_contains("ordered_at"));
}

shipment read_common(const json::object& from) {
  shipment shipment;
  fill_ids(from, shipment);
  fill_alerts(from, shipment);
  shipment.created_at = read_created_at(from);
  return shipment;
}

} // namespace suivi::maystro
