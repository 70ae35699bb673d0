// Plans the batches of tracking numbers and judges whether all were answered.
#include "reconciler/plan/batch_plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>

namespace suivi::reconciler {

page_plan::verdict batch_plan::judge() const {
  page_plan::verdict end;
  end.complete = done() && failed_.empty();
  if (!failed_.empty())
    end.reason =
        fmt::format("{} of {} requests were not answered", failed_.size(), answered_.size() + failed_.size());
  return end;
}

void read_failures::add(const std::string& why) {
  if (why_.empty()) why_ = why;
}

std::string read_failures::text() const {
  constexpr std::size_t listed_max = 10;
  if (references_.empty()) return why_;
  std::span<const std::string> listed(references_.data(), std::min(references_.size(), listed_max));
  std::string more =
      references_.size() > listed_max ? fmt::format(" and {} more", references_.size() - listed_max) : "";
  return fmt::format("order{} {}{}: {}", references_.size() > 1 ? "s" : "", fmt::join(listed, ", "), more,
                     why_);
}

} // namespace suivi::reconciler
