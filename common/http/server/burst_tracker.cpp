// Counts the most requests at once since the last check, and since the last burst.
#include "common/http/server/burst_tracker.hpp"

#include <algorithm>
#include <bit>

namespace suivi::http {

request_count::one::one(request_count& in) : in_(in) {
  ++in_.present_;
  in_.since_look_max_ = std::max(in_.since_look_max_, in_.present_);
}

request_count::one::~one() {
  --in_.present_;
}

bool request_count::should_give_back() {
  auto lately = since_look_max_;
  since_look_max_ = present_;
  in_burst_max_ = std::max(in_burst_max_, lately);
  bool quiet = in_burst_max_ >= burst_requests && lately <= in_burst_max_ / 8;
  quiet_looks_ = quiet ? quiet_looks_ + 1 : 0;
  bool now = std::has_single_bit(quiet_looks_);
  if (quiet_looks_ == last_quiet_look) in_burst_max_ = 0;
  return now;
}

} // namespace suivi::http
