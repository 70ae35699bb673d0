// Ids and numbers are shown as they are.
#include "receiver/api/redaction/order_columns.hpp"

#include "common/json/json_values.hpp"
#include "receiver/api/redaction/contacts.hpp"

namespace suivi::receiver {

std::optional<std::string> shown_text(std::string_view column, const std::optional<std::string>& value) {
  bool free_text = column == "alertReason" || column == "abortReason" || column == "shippingStatus";
  if (!value || !free_text) return value;
  return without_contacts(*value);
}

boost::json::value shown_column(std::string_view column, const std::optional<std::string>& value) {
  return or_null(shown_text(column, value));
}

} // namespace suivi::receiver
