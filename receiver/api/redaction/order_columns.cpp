// Ids and numbers are shown as they are.
#include "receiver/api/redaction/order_columns.hpp"

#include "common/json/json_values.hpp"
#include "receiver/api/redaction/contacts.hpp"
#include "receiver/api/redaction/known_words.hpp"

namespace suivi::receiver {

std::optional<std::string> shown_text(std::string_view column, const std::optional<std::string>& value) {
  bool is_reason = column == "alertReason" || column == "abortReason";
  if (!value || (!is_reason && column != "shippingStatus")) return value;
  std::string redacted = without_contacts(*value);
  return is_reason ? without_names(redacted) : redacted;
}

boost::json::value shown_column(std::string_view column, const std::optional<std::string>& value) {
  return or_null(shown_text(column, value));
}

} // namespace suivi::receiver
