// What of the shop's tables the two programs use: columns, their types, rights. Pure.
//
// The list follows the programs' statements; tests/postgres/reconciler/doctor_rights_test.cpp runs them as a
// role that has exactly these rights.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::reconciler {

enum class column_kind { text, enumerable_text, time, json, any_json, boolean, integer };

struct needed_column {
  std::string_view table, name;
  column_kind kind;
  bool updated = false;     // written too
  bool cleared = false;     // set to null at times
  int characters_least = 0; // a varchar of fewer may refuse what the courier sends; 0: any length will do
};

[[nodiscard]] std::span<const needed_column> needed_columns();

// For people: "text, or varchar".
[[nodiscard]] std::string_view to_string(column_kind kind);

struct column_type {
  std::string_view name; // of the type, below any domain: varchar, timestamp, …
  bool is_enum = false;
  bool has_delivered = false; // an enum with the label DELIVERED
};
[[nodiscard]] bool fits(column_kind kind, const column_type& type);

// Slugs in shipping_companies, in lower case, whose accounts are swept; those of others are left alone. As a
// parameter of a statement.
[[nodiscard]] std::vector<std::optional<std::string>> served_slugs();

} // namespace suivi::reconciler
