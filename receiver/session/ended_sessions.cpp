// Keeps each until its cookie would have ended.
#include "receiver/session/ended_sessions.hpp"

#include <algorithm>

namespace suivi::receiver {

void ended_sessions::add(std::string_view value, instant until, instant now) {
  std::erase_if(until_, [&](const auto& each) { return each.second <= now; });
  until_.insert_or_assign(std::string(value), until);
  if (until_.size() <= count_max_) return;
  until_.erase(std::ranges::min_element(until_, {}, [](const auto& each) { return each.second; }));
}

} // namespace suivi::receiver
