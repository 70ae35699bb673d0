// Writes a change as JSON.
#include "receiver/api/orders/change_json.hpp"

#include "common/decision/observation.hpp"
#include "common/json/json_values.hpp"
#include "receiver/api/redaction/order_columns.hpp"

#include <boost/json/value.hpp>

namespace suivi::receiver {

namespace json = boost::json;

std::string name_of_source(std::int64_t number) {
  if (number < 1 || number > static_cast<int>(shop::source::replay)) return "unknown";
  return std::string(shop::to_string(static_cast<shop::source>(number)));
}

json::object change_of(const pg::rows& found, std::size_t i, std::size_t first) {
  json::object c;
  c["at"] = format_instant(found.timestamp(i, first));
  c["source"] = name_of_source(found.integer(i, first + 1));
  std::string field(found.text(i, first + 2));
  c["field"] = field;
  c["from"] = shown_column(field, found.maybe_text(i, first + 3));
  c["to"] = shown_column(field, found.maybe_text(i, first + 4));
  if (auto event = found.maybe_integer(i, first + 5)) c["eventId"] = std::to_string(*event);
  if (auto sweep = found.maybe_integer(i, first + 6)) c["sweepId"] = std::to_string(*sweep);
  return c;
}

} // namespace suivi::receiver
