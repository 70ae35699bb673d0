// What the soak measures over time, and what it concludes: flat, or growing. Pure.
#pragma once

#include "common/base/time.hpp"

#include <map>
#include <string>
#include <vector>

namespace suivi::soak {

struct table_state {
  double dead_rows = 0;
  double megabytes = 0;
  double changed_rows = 0; // updated and deleted so far
};

struct sample {
  double at_seconds = 0;
  double acks_per_second = 0;
  double p50_ms = 0, p99_ms = 0; // of acknowledging, in the time since the last sample
  double receiver_megabytes = 0, reconciler_megabytes = 0; // resident
  std::map<std::string, table_state> tables;               // partitions under their parent's name
};

// The value below which `share` of all are; 0 of none.
[[nodiscard]] double quantile(std::vector<double> values, double share);

// Each objection names the series, its figures and the bound; empty: all flat. The first fifth of the time is
// warming up. `held`: how long the bystander holds back what VACUUM may remove, in seconds.
[[nodiscard]] std::vector<std::string> objections(const std::vector<sample>& samples, double held_seconds);

} // namespace suivi::soak
