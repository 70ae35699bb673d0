// Two marks of high water: since the last look, and since the last burst.
#include "common/http/request_count.hpp"

#include <algorithm>
#include <bit>

namespace suivi::http {

request_count::one::one(request_count& in) : in_(in) {
  ++in_.present_;
  in_.most_since_look_ = std::max(in_.most_since_look_, in_.present_);
}

request_count::one::~one() {
  --in_.present_;
}

bool request_count::should_give_back() {
  auto lately = most_since_look_;
  most_since_look_ = present_;
  most_in_burst_ = std::max(most_in_burst_, lately);
  bool quiet = most_in_burst_ >= burst_requests && lately <= most_in_burst_ / 8;
  quiet_looks_ = quiet ? quiet_looks_ + 1 : 0;
  bool now = std::has_single_bit(quiet_looks_);
  if (quiet_looks_ == last_quiet_look) most_in_burst_ = 0;
  return now;
}

} // namespace suivi::http
