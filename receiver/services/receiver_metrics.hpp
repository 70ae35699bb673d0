// What the receiver counts.
#pragma once

#include "common/metrics/metrics.hpp"
#include "common/shipment/courier.hpp"

#include <map>
#include <string>
#include <string_view>

namespace suivi::receiver {

class receiver_metrics {
 public:
  explicit receiver_metrics(metrics::registry& where);

  // stored, duplicate, ignored, quarantined, spooled, unauthorized, forbidden, unavailable
  void webhook(std::string_view answer);
  // applied, unchanged, stale, conflict, parked, confirming, failed, busy
  void outcome(std::string_view name);
  void read(std::string_view result); // answered, not_found, failed

  metrics::histogram batch_rows;
  metrics::histogram ack_seconds;
  metrics::histogram apply_seconds;
  metrics::gauge intake_queue;
  metrics::gauge apply_queue;
  metrics::gauge events_pending;
  metrics::gauge events_confirming;
  metrics::gauge events_failed;
  metrics::gauge events_parked;
  metrics::gauge database_up;
  metrics::gauge spool_events;
  metrics::gauge spool_bytes;
  metrics::gauge spool_oldest_seconds;
  metrics::gauge spool_usable;
  metrics::counter spool_drained;
  metrics::counter days_dropped;
  metrics::counter events_expired;
  metrics::gauge connections;
  metrics::gauge connections_max;
  metrics::counter connections_evicted;
  metrics::counter log_lines_lost;
  std::map<courier_kind, metrics::counter> unknown_states;

 private:
  metrics::registry& where_;
  std::map<std::string, metrics::counter, std::less<>> webhooks_;
  std::map<std::string, metrics::counter, std::less<>> outcomes_;
  std::map<std::string, metrics::counter, std::less<>> reads_;
};

} // namespace suivi::receiver
