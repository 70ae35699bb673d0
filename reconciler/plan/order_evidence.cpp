// One row after the other: each makes n more orders possible, and as many alike as were made at once.
#include "reconciler/plan/order_evidence.hpp"

#include <algorithm>

namespace suivi::reconciler {

void order_evidence::read(std::span<const listed_row> rows) {
  for (const listed_row& row : rows) {
    if (!row.created_at) continue;
    instant at = *row.created_at;
    refuted_ = refuted_ || (oldest_ && at > *oldest_ + order_tolerance);
    if (refuted_) return;
    oldest_ = std::min(oldest_.value_or(at), at);
    rises_ = rises_ || (last_ && at > *last_);
    equal_ = last_ == at ? equal_ + 1 : 1;
    bool same_minute = minute_began_ && at >= *minute_began_ - order_tolerance;
    within_minute_ = same_minute ? within_minute_ + 1 : 1;
    if (!same_minute) minute_began_ = at;
    last_ = at;
    ++rows_;
    luck_ *= static_cast<double>(equal_) / static_cast<double>(rows_);
    luck_by_minutes_ *= static_cast<double>(within_minute_) / static_cast<double>(rows_);
  }
}

} // namespace suivi::reconciler
