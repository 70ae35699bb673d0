// What Prometheus' own clients tell of a process: process_cpu_seconds_total and its like, read from /proc at
// the moment of the answer.
#pragma once

#include "common/metrics/metrics.hpp"

namespace suivi::metrics {

class process_figures {
 public:
  explicit process_figures(registry& where);
  void refresh();

 private:
  counter cpu_seconds_;
  double cpu_counted_ = 0;
  gauge resident_bytes_;
  gauge virtual_bytes_;
  gauge open_files_;
  gauge open_files_max_;
  gauge start_time_;
};

} // namespace suivi::metrics
