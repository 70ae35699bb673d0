// Remembers the last numbers that were read, so that one that becomes visible late is not missed.
#include "receiver/api/stream/sequence_cursor.hpp"

#include <algorithm>

namespace suivi::receiver {

void number_marks::set(std::int64_t last, const std::vector<std::int64_t>& known) {
  highest_ = last;
  known_.clear();
  for (auto number : known) note(number);
}

void number_marks::note(std::int64_t number) {
  highest_ = std::max(highest_, number);
  known_.insert(number);
  known_.erase(known_.begin(), known_.upper_bound(after()));
}

} // namespace suivi::receiver
