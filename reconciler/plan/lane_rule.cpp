// The first lane takes the others' rows too while one slice goes at a time.
#include "reconciler/plan/lane_rule.hpp"

#include <numeric>

namespace suivi::reconciler {

std::size_t lane_rule::under_way() const {
  return std::accumulate(under_way_.begin(), under_way_.end(), std::size_t{0});
}

bool lane_rule::may_take(std::size_t own, std::size_t from, std::size_t waiting, std::size_t full,
                         bool closed) const {
  const bool is_beside = under_way() > 0;
  if (is_alone() || is_mixed_) return own == 0 && !is_beside;
  if (from != own) return false;
  return !is_beside || closed || waiting >= full; // beside another only a full slice is worth a transaction
}

void lane_rule::note_taken(std::size_t own, std::size_t rows) {
  under_way_[own] = rows;
  if (own == 0) is_mixed_ = is_alone();
}

void lane_rule::note_back(std::size_t own) {
  under_way_[own] = 0;
  if (own == 0) is_mixed_ = false;
}

void lane_rule::note_verdicts(std::size_t written, std::size_t rows) {
  rows_ += rows;
  is_quiet_ = written * quiet_share <= rows;
}

} // namespace suivi::reconciler
