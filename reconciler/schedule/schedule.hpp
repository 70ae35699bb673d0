// When full sweeps run: at local times of day in an IANA time zone. Pure; the time zone database is the
// system's.
//
// A local time that a change of clocks skips runs at the moment of the change; one that comes twice runs the
// first time. After downtime a missed run is caught up once, however many were missed.
#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

class schedule {
 public:
  // `times`: since local midnight. `zone` is known to exist (settings are checked). No times: never.
  schedule(std::vector<std::chrono::minutes> times, std::string zone);

  // The first run strictly after `t`.
  [[nodiscard]] std::optional<instant> next_after(instant t) const;
  // The last run at or before `t`.
  [[nodiscard]] std::optional<instant> last_at(instant t) const;
  // Nothing has started since the last time something should have (`last_start`: the latest start known, if
  // any).
  [[nodiscard]] bool missed(std::optional<instant> last_start, instant now) const;

 private:
  [[nodiscard]] std::vector<instant> runs_around(instant t) const; // of the days around `t`, in order

  std::vector<std::chrono::minutes> times_;
  std::string zone_;
};

} // namespace suivi::reconciler
