// What the receiver counts. What happens often and needs an operator is also told in the log, once a minute
// with its count.
#pragma once

#include "common/base/error.hpp"
#include "common/metrics/metrics.hpp"
#include "common/shipment/courier.hpp"
#include "receiver/services/state/recurring_line.hpp"

#include <cstdint>
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
  void api_response(unsigned status);
  // An event cannot be applied.
  void failed_event(std::int64_t id, const error& why);
  // The database will not have a webhook as it was read, or none at all.
  void refused_webhook(const error& why);
  void refused_all(const error& why);
  // What was counted since its line was written last, once its minute is over.
  void tell_rest();

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
  metrics::gauge pool_in_use;
  metrics::gauge pool_idle;
  metrics::gauge pool_waiting;
  metrics::gauge certificate_expiry;
  metrics::gauge last_stored;
  metrics::histogram loop_lag;
  metrics::counter log_lines_lost;
  std::map<courier_kind, metrics::counter> unknown_states;

 private:
  void log_refusals(std::string_view answer, std::uint64_t webhooks);
  void log_raw(std::uint64_t webhooks) const;
  void log_refused_all(std::uint64_t times) const;

  metrics::registry& where_;
  std::map<std::string, recurring_line, std::less<>> lines_; // by answer
  recurring_line failed_events_;
  std::string last_failure_;
  recurring_line refused_webhooks_, refused_batches_;
  std::string last_refusal_, last_refusal_of_all_;
  std::map<unsigned, metrics::counter> api_responses_;
  metrics::counter api_responses_of_others_;
  std::map<std::string, metrics::counter, std::less<>> webhooks_;
  std::map<std::string, metrics::counter, std::less<>> outcomes_;
  std::map<std::string, metrics::counter, std::less<>> reads_;
};

} // namespace suivi::receiver
