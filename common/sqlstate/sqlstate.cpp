// The table of SQLSTATEs that are not simply permanent.
#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace suivi::pg {
namespace {

constexpr std::string_view code_prefix = "sqlstate:";

constexpr std::array<std::string_view, 2> unknown_outcome{
    "08007", // transaction_resolution_unknown
    "40003", // statement_completion_unknown
};

constexpr std::array<std::string_view, 14> passing{
    "25006", // read_only_sql_transaction: the server was demoted, another one is the primary
    "25P03", // idle_in_transaction_session_timeout
    "26000", // invalid_sql_statement_name: a prepared statement was dropped; it is prepared again
    "40001", // serialization_failure
    "40P01", // deadlock_detected
    "55006", // object_in_use
    "55P03", // lock_not_available
    "57014", // query_canceled, by statement_timeout as well
    "57P01", // admin_shutdown
    "57P02", // crash_shutdown
    "57P03", // cannot_connect_now
    "57P05", // idle_session_timeout
    "58000", // system_error
    "58030", // io_error
};

constexpr std::array<std::string_view, 7> last_words{
    "25006", "25P03", "57P01", "57P02", "57P03", "57P04", "57P05",
};

// Whose messages PostgreSQL itself words, without values of rows.
constexpr std::array<std::string_view, 23> server_classes{"08", "0A", "0B", "0L", "0P", "25", "26", "28",
                                                          "2B", "2D", "34", "3B", "3D", "3F", "40", "42",
                                                          "53", "54", "55", "57", "58", "F0", "XX"};

bool any_of(const auto& codes, std::string_view sqlstate) {
  return std::find(codes.begin(), codes.end(), sqlstate) != codes.end();
}

} // namespace

failure kind_of(std::string_view sqlstate) {
  if (any_of(unknown_outcome, sqlstate)) return failure::in_doubt;
  auto of_class = sqlstate.substr(0, 2);
  if (of_class == "08" || of_class == "53") return failure::transient; // connection; resources short
  return any_of(passing, sqlstate) ? failure::transient : failure::permanent;
}

bool ends_session(std::string_view sqlstate) {
  return sqlstate.substr(0, 2) == "08" || any_of(last_words, sqlstate);
}

error sqlstate_error(std::string_view sqlstate, std::string_view message, std::string_view constraint,
                     std::string_view column) {
  // Class 22 (data exception) quotes the refused value even in its primary message; what the shop's own
  // triggers and constraints say may hold a customer's name.
  std::string_view of_class = sqlstate.substr(0, 2);
  bool of_the_server = std::ranges::find(server_classes, of_class) != server_classes.end();
  std::string detail(message.empty()                      ? "a function of the database refused it"
                     : of_class == "22"                   ? "a value was refused (data exception)"
                     : of_class == "23" || !of_the_server ? "a row was refused"
                                                          : message);
  if (!constraint.empty()) detail += " by constraint " + std::string(constraint);
  if (!column.empty()) detail += " in column " + std::string(column);
  return {kind_of(sqlstate), std::string(code_prefix) + std::string(sqlstate), std::move(detail)};
}

bool is_raised_by_function(std::string_view source_file) {
  constexpr std::array<std::string_view, 4> languages{"pl_exec", "plperl", "plpy_", "pltcl"};
  return std::ranges::any_of(languages, [&](std::string_view one) { return source_file.starts_with(one); });
}

error raised_error(std::string_view sqlstate) {
  error raised = sqlstate_error(sqlstate, {});
  raised.kind = failure::permanent;
  return raised;
}

bool is_of_suivi(std::string_view sqlstate) {
  return sqlstate.starts_with("SV");
}

error suivi_error(std::string_view sqlstate, std::string_view message) {
  return permanent("suivi:" + std::string(sqlstate), message);
}

std::string_view sqlstate_of(const error& e) {
  std::string_view code = e.code;
  return code.starts_with(code_prefix) ? code.substr(code_prefix.size()) : std::string_view{};
}

// A CHECK constraint has a name.
bool is_missing_partition(std::string_view sqlstate, std::string_view schema, std::string_view constraint) {
  return sqlstate == "23514" && schema == "suivi" && constraint.empty();
}

bool schema_is_missing(const error& e) {
  if (e.code == no_partition) return true;
  std::string_view state = sqlstate_of(e);
  return state == "3F000" || state == "42P01" || state == "42883"; // schema, table, function
}

} // namespace suivi::pg
