// Compares the answer to the test with what was asked.
#include "reconciler/sweep/filter_trust.hpp"

#include "common/decision/observation.hpp"

#include <algorithm>

namespace suivi::reconciler {

void filter_trust::listed(std::span<const shipment> rows) {
  // The last one: the newest orders are what comes unasked. A comma separates references.
  for (const shipment& row : rows)
    if (row.reference && !row.reference->empty() && row.reference->find(',') == std::string::npos)
      known_ = row.reference;
}

std::optional<std::string> filter_trust::unfiltered() {
  if (state_ != state::unknown) return std::nullopt;
  state_ = known_ ? state::testing : state::ignored;
  return known_;
}

void filter_trust::tested(const std::string& reference, const shipment_page* answer) {
  auto is_of = [&](const shipment& row) { return shop::is_reference(row.reference, reference); };
  bool works = answer != nullptr && answer->is_whole() && std::ranges::all_of(answer->rows, is_of);
  state_ = works ? state::works : state::ignored;
}

} // namespace suivi::reconciler
