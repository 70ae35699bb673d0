// Short conversions between C++ values and JSON.
#include "common/json/json_values.hpp"

#include <boost/json/parse.hpp>

namespace suivi {

namespace json = boost::json;

json::value or_null(const std::optional<std::string>& text) {
  if (!text) return nullptr;
  return json::value(std::string_view(*text));
}

json::value or_null(const std::optional<instant>& time) {
  if (!time) return nullptr;
  return json::value(format_instant(*time));
}

json::value or_null(const std::optional<std::int64_t>& number) {
  if (!number) return nullptr;
  return json::value(*number);
}

json::value member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value ? *value : json::value(nullptr);
}

std::optional<instant> instant_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  const json::string& text = value->get_string();
  return parse_instant({text.data(), text.size()});
}

json::object object_of(std::string_view text) {
  boost::system::error_code failed;
  json::value value = json::parse({text.data(), text.size()}, failed);
  if (failed || !value.is_object()) return {};
  return std::move(value.get_object());
}

} // namespace suivi
