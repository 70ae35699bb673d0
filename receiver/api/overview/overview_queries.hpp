// The figures of the overview that are no problem's. Reads only, and nothing that grows with the number of
// orders or events: what would is taken from samples.
#pragma once

#include "common/pg/connection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

struct covered_orders {
  std::int64_t total = 0;
  std::int64_t with_tracking = 0;
  // 0 to 100 with two decimals; 100 of none.
  [[nodiscard]] double percentage() const;
};

struct overview_figures {
  std::optional<std::string> timezone;              // of the schedule; none: no reconciler ever said so
  std::optional<std::vector<std::string>> schedule; // of full sweeps, times of day; none: not known
  std::optional<instant> last_complete; // the oldest over all accounts; none: one is still to come
  std::optional<instant> next_full;     // the earliest
  std::optional<instant> next_incremental;
  std::optional<instant> last_webhook;
  covered_orders coverage;
  std::optional<covered_orders> week_ago;
  std::int64_t open = 0; // parcels that may still move
  std::optional<instant> oldest_checked_at;
  std::int64_t missed = 0;   // of seven days: changes that only sweeps found
  std::int64_t reported = 0; // … that webhooks told
  std::int64_t pending = 0, parked = 0, confirming = 0;
};

// `accounts`: the ids of the active ones.
task<result<overview_figures>> read_overview_figures(pg::connection& db, std::vector<std::string> accounts);

} // namespace suivi::receiver
