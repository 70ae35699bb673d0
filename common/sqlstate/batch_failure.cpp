// Decides by classes of SQLSTATE: https://www.postgresql.org/docs/15/errcodes-appendix.html
#include "common/sqlstate/batch_failure.hpp"

#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace suivi::pg {
namespace {

// A trigger may raise any code there is, so the list names what no row can cause: connection, transaction,
// names, rights, syntax, resources. What Suivi's own functions raise has no SQLSTATE here.
constexpr std::array<std::string_view, 18> not_about_rows{"08", "0A", "0L", "0P", "25", "26",
                                                          "28", "2D", "34", "3D", "3F", "40",
                                                          "42", "53", "55", "57", "58", "F0"};

bool may_be_a_rows_fault(std::string_view sqlstate) {
  return !sqlstate.empty() &&
         std::ranges::find(not_about_rows, sqlstate.substr(0, 2)) == not_about_rows.end();
}

} // namespace

std::pair<range, range> halve(range whole) {
  auto middle = whole.begin + (whole.size() + 1) / 2;
  return {{whole.begin, middle}, {middle, whole.end}};
}

bool is_statement_timeout(const error& e) {
  return sqlstate_of(e) == "57014";
}

bool is_shortage(const error& e) {
  return sqlstate_of(e).starts_with("53");
}

bool is_lock_timeout(const error& e) {
  std::string_view state = sqlstate_of(e);
  return state == "55P03" || state == "40P01" || state == "40001";
}

remedy after_failure(const error& e, std::size_t rows) {
  if (e.kind != failure::permanent) return remedy::again;
  if (!may_be_a_rows_fault(sqlstate_of(e))) return remedy::give_up;
  return rows > 1 ? remedy::split : remedy::isolate;
}

} // namespace suivi::pg
