// Webhooks that need a person, and the partitions that they and the journal need: the questions and what
// their answers say, for the list of problems and for doctor, which asks each by itself.
#pragma once

#include "common/pg/connection.hpp"
#include "common/verdict/problems.hpp"

#include <string>
#include <vector>

namespace suivi::shop {

// Those not settled yet.
struct waiting_events {
  suivi::verdict::counted failed;      // could not be applied, and are tried again
  suivi::verdict::counted parked_long; // for more than suivi::verdict::parked_age
  std::int64_t parked = 0;             // all of them
  std::int64_t overdue = 0;            // durable for more than a minute, and nobody applies them
};
extern const pg::statement waiting_events_query;
[[nodiscard]] waiting_events read_waiting_events(const pg::rows& answer);

// Those that were given up, or refused. Counted up to 100,000.
struct closed_events {
  suivi::verdict::counted failed, conflict;
};
extern const pg::statement closed_events_query;
[[nodiscard]] closed_events read_closed_events(const pg::rows& answer);

extern const pg::statement quarantined_events_query;
[[nodiscard]] suivi::verdict::counted read_quarantined_events(const pg::rows& answer);

// By name, of those of today, tomorrow and the next month.
struct partition_facts {
  std::vector<std::string> missing;
  std::vector<std::string> stray; // default partitions that hold rows
};
extern const pg::statement partitions_query;
[[nodiscard]] partition_facts read_partitions(const pg::rows& answer);

// Both together, since the older of them.
[[nodiscard]] suivi::verdict::counted sum_of(const suivi::verdict::counted& a,
                                             const suivi::verdict::counted& b);

// A list that SQL put together with commas.
[[nodiscard]] std::vector<std::string> split_names(std::string_view names);

} // namespace suivi::shop
