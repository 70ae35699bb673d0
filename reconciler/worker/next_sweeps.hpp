// When the next sweeps are due, told to whoever looks at the database: the operations API shows it.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/schedule/due.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct next_sweeps {
  std::string account, name;
  std::optional<instant> full, incremental; // none: never
  std::optional<instant> full_due;          // the last scheduled one whose time has passed
};

// Pure. `now`: of the database's clock.
[[nodiscard]] next_sweeps reckon_next(std::string account, std::string name, const schedule& times,
                                      const last_sweep_starts& last, milliseconds incremental_every,
                                      instant now);

// Writes what has changed.
task<result<void>> record_next(pg::connection& db, std::vector<next_sweeps> of);

} // namespace suivi::reconciler
