// One stored webhook in full, and several deleted at once.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/api/events/event_queries.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

// As in the list, and account, publishedAt, settledAt, attempts, bytes and raw (masked).
task<result<std::optional<boost::json::object>>> read_event_in_full(pg::connection& db, std::int64_t id,
                                                                    event_origins origins);

struct refused_deletion {
  std::int64_t id = 0;
  std::string outcome; // that forbids it
};
struct deletions {
  std::int64_t deleted = 0;
  std::vector<refused_deletion> refused;
};
// Rows and bytes; the dedupe keys stay. Ids of nothing are neither deleted nor refused.
task<result<deletions>> delete_events(pg::connection& db, std::vector<std::int64_t> ids);

} // namespace suivi::receiver
