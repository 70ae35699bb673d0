// Plans the batches of tracking numbers and judges whether all were answered.
#include "reconciler/plan/batch_plan.hpp"

#include <fmt/format.h>

namespace suivi::reconciler {

page_plan::verdict batch_plan::judge() const {
  page_plan::verdict end;
  end.complete = done() && failed_.empty();
  if (!failed_.empty())
    end.reason =
        fmt::format("{} of {} requests were not answered", failed_.size(), answered_.size() + failed_.size());
  return end;
}

} // namespace suivi::reconciler
