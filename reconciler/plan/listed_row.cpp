// Looks at rows one after the other.
#include "reconciler/plan/listed_row.hpp"

#include <algorithm>

namespace suivi::reconciler {

bool is_newest_first(std::span<const listed_row> rows) {
  std::optional<instant> oldest; // so far
  for (const listed_row& row : rows) {
    if (!row.created_at) continue;
    if (oldest && *row.created_at > *oldest + order_tolerance) return false;
    oldest = std::min(oldest.value_or(*row.created_at), *row.created_at);
  }
  return true;
}

std::optional<instant> newest_of(std::span<const listed_row> rows) {
  std::optional<instant> newest;
  for (const listed_row& row : rows)
    if (row.created_at) newest = std::max(newest.value_or(*row.created_at), *row.created_at);
  return newest;
}

} // namespace suivi::reconciler
