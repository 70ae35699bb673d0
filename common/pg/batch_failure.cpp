// SQLSTATE classes: https://www.postgresql.org/docs/15/errcodes-appendix.html
#include "common/pg/batch_failure.hpp"

#include "common/pg/sqlstate.hpp"

#include <string_view>

namespace suivi::pg {
std::pair<range, range> halve(range whole) {
  auto middle = whole.begin + (whole.size() + 1) / 2;
  return {{whole.begin, middle}, {middle, whole.end}};
}

remedy after_failure(const error& e, std::size_t rows) {
  if (e.kind != failure::permanent) return remedy::again;
  // 22 data exception, 23 integrity constraint, 54 program limit: what a single row can cause.
  auto state = sqlstate_of(e).substr(0, 2);
  bool about_rows = state == "22" || state == "23" || state == "54";
  if (!about_rows) return remedy::give_up;
  return rows > 1 ? remedy::split : remedy::isolate;
}

} // namespace suivi::pg
