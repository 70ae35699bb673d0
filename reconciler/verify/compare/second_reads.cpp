// The latest of the times that anything is to be waited for, but never longer than the courier's lag.
#include "reconciler/verify/compare/second_reads.hpp"

#include <algorithm>

namespace suivi::reconciler {

std::optional<second_reads> plan_second_reads(const std::vector<comparison::differing>& doubtful, instant now,
                                              milliseconds read_lag) {
  if (doubtful.empty() || doubtful.size() > confirmed_max) return std::nullopt;
  second_reads plan{now + settling, {}};
  for (const comparison::differing& one : doubtful) {
    if (one.behind_until) plan.from = std::max(plan.from, std::min(*one.behind_until, now + read_lag));
    plan.parcels.insert(plan.parcels.end(), one.parcels.begin(), one.parcels.end());
  }
  return plan;
}

std::optional<shop::wanted_read> by_reference_instead(const shop::wanted_read& wanted) {
  if (!wanted.uuid || wanted.reference.empty()) return std::nullopt;
  shop::wanted_read by_reference = wanted;
  by_reference.uuid.reset();
  return by_reference;
}

} // namespace suivi::reconciler
