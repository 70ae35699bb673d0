// One member of a courier's JSON object, read the tolerant way; shared by rows and webhooks, so that both see
// the same id, code and date in the same JSON. Nothing here fails: what cannot be read is absent.
#pragma once

#include "common/json/json_fields.hpp"
#include "common/maystro/shipment.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::maystro {

// A whole number of 0 to 9999, as a number or as text.
[[nodiscard]] std::optional<int> read_status(const boost::json::value* value);

// A date sent but not readable counts as not sent: clearing what is known on its account would be wrong.
[[nodiscard]] field<instant> date_field(const boost::json::object& from, std::string_view name);
// Text or number; an empty text says the same as null. Other types count as not sent.
[[nodiscard]] field<std::string> text_field(const boost::json::object& from, std::string_view name);

// What `shipment` has not: display id, tracking and reference.
void fill_ids(const boost::json::object& from, shipment& shipment);
// What `shipment` was not told: since when and why the parcel is in trouble.
void fill_alerts(const boost::json::object& from, shipment& shipment);
[[nodiscard]] std::optional<instant> read_created_at(const boost::json::object& from);

// Everything but identity's uuid, status and metadata, which rows and webhooks name differently.
[[nodiscard]] shipment read_common(const boost::json::object& from);

} // namespace suivi::maystro
