// The table of columns and which types of PostgreSQL's serve.
#include "reconciler/doctor/checks/needs.hpp"

#include "common/shipment/courier.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace suivi::reconciler {
namespace {

using enum column_kind;

constexpr bool written = true, emptied = true;

constexpr std::array columns{
    needed_column{"orders", "id", text},
    needed_column{"orders", "reference", text},
    needed_column{"orders", "status", enumerable_text, written, false, 9},
    needed_column{"orders", "trackingNumber", text, written, false, 64},
    needed_column{"orders", "shippingStatus", text, written, false, 64},
    needed_column{"orders", "maystroOrderId", text, written, false, 64},
    needed_column{"orders", "alertedAt", column_kind::time, written, emptied},
    needed_column{"orders", "alertReason", text, written, emptied, 255},
    needed_column{"orders", "abortReason", text, written, emptied, 255},
    needed_column{"orders", "additionalMetaData", json, written},
    needed_column{"orders", "shippingAccountId", text},
    needed_column{"orders", "createdAt", column_kind::time},
    needed_column{"orders", "updatedAt", column_kind::time, written},
    needed_column{"shipping_companies", "id", text},
    needed_column{"shipping_companies", "name", text},
    needed_column{"shipping_companies", "slug", text},
    needed_column{"shipping_companies", "isActive", boolean},
    needed_column{"shipping_accounts", "id", text},
    needed_column{"shipping_accounts", "name", text},
    needed_column{"shipping_accounts", "companyId", text},
    needed_column{"shipping_accounts", "credentials", any_json},
    needed_column{"shipping_accounts", "baseUrl", text},
    needed_column{"shipping_accounts", "isActive", boolean},
    needed_column{"shipping_accounts", "requestCount", integer, written},
    needed_column{"shipping_accounts", "successCount", integer, written},
    needed_column{"shipping_accounts", "errorCount", integer, written},
    needed_column{"shipping_accounts", "lastUsed", column_kind::time, written},
    needed_column{"shipping_accounts", "lastTestAt", column_kind::time, written},
    needed_column{"shipping_accounts", "lastTestStatus", text, written},
    needed_column{"shipping_accounts", "lastTestError", text, written, emptied},
};

} // namespace

std::span<const needed_column> needed_columns() {
  return columns;
}

std::string_view to_string(column_kind kind) {
  switch (kind) {
  case text:
    return "text or varchar";
  case enumerable_text:
    return "text, varchar or an enum with the label DELIVERED";
  case column_kind::time:
    return "timestamp";
  case json:
    return "jsonb";
  case any_json:
    return "jsonb or json";
  case boolean:
    return "boolean";
  case integer:
    return "integer or bigint";
  }
  return "";
}

bool fits(column_kind kind, const column_type& type) {
  auto one_of = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), type.name) != names.end();
  };
  switch (kind) {
  case text:
    return one_of({"text", "varchar", "citext", "bpchar"});
  case enumerable_text:
    return type.is_enum ? type.has_delivered : one_of({"text", "varchar", "citext", "bpchar"});
  case column_kind::time:
    return one_of({"timestamp", "timestamptz"});
  case json:
    return one_of({"jsonb"});
  case any_json:
    return one_of({"jsonb", "json"});
  case boolean:
    return one_of({"bool"});
  case integer:
    return one_of({"int4", "int8", "numeric"});
  }
  return false;
}

std::vector<std::optional<std::string>> served_slugs() {
  std::span<const std::string_view> slugs = accepted_slugs();
  return {slugs.begin(), slugs.end()};
}

} // namespace suivi::reconciler
