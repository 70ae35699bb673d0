// Reckons with the time that an answer can be of at the earliest.
#include "reconciler/sweep/courier_clock.hpp"

#include "common/decision/observation.hpp"

#include <chrono>

namespace suivi::reconciler {

milliseconds clock_behind(const courier::response_meta& meta) {
  constexpr std::chrono::seconds granularity{1}; // of Date: another answer may show as much less
  if (!meta.server_date || *meta.server_date + granularity > meta.requested_at) return milliseconds(0);
  instant read_time =
      shop::pull_time(meta.requested_at, meta.answered_at, meta.server_date, milliseconds(0)).from;
  return std::chrono::ceil<milliseconds>(meta.requested_at - read_time) + granularity;
}

} // namespace suivi::reconciler
