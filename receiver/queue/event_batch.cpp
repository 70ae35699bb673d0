// Chooses a batch in one pass over what is due.
#include "receiver/queue/event_batch.hpp"

#include <algorithm>

namespace suivi::receiver {

bool has_waited(const pending_event& event) {
  bool came_back = event.state == event_state::pending || event.state == event_state::failed;
  return event.busy_tries > 0 || (came_back && event.attempts > 0);
}

std::vector<pending_event> take_batch(std::multimap<steady_time, pending_event>& queue, steady_time now,
                                      std::size_t rows_max) {
  std::vector<pending_event> events;
  if (queue.empty() || queue.begin()->first > now) return events;
  bool held_up = has_waited(queue.begin()->second);
  if (held_up) rows_max = std::min(rows_max, held_up_rows_max);
  for (auto next = queue.begin(); next != queue.end() && events.size() < rows_max && next->first <= now;) {
    if (has_waited(next->second) != held_up) {
      ++next;
      continue;
    }
    events.push_back(std::move(next->second));
    next = queue.erase(next);
  }
  return events;
}

} // namespace suivi::receiver
