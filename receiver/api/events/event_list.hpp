// Which events a page of the list shows, newest first by their time of receipt: by page and with a total, as
// the old list was, or by cursor, which counts nothing and reads no more than it has to.
#pragma once

#include "receiver/api/events/event_queries.hpp"

#include <optional>
#include <vector>

namespace suivi::receiver {

struct event_page {
  std::int64_t total = 0;         // not counted where the list goes on by a cursor
  std::vector<event_name> events; // newest first
  std::optional<list_place> next; // by cursor: where it goes on
  bool is_full = false;           // by cursor: there is more
};

task<result<event_page>> find_events(pg::connection& db, event_query q);

} // namespace suivi::receiver
