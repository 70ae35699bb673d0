// Reads the bytes again: the inbox keeps no texts beside them.
#include "common/courier/reported_states.hpp"

#include "common/guepex/webhook.hpp"

namespace suivi::courier {

std::vector<reported_state> reported_states(courier_kind of, std::string_view raw) {
  std::vector<reported_state> found;
  if (of != courier_kind::guepex) return found;
  for (const guepex::event& one : guepex::decode(raw).events)
    if (one.tracking && one.status) found.push_back({*one.tracking, one.status->text});
  return found;
}

} // namespace suivi::courier
