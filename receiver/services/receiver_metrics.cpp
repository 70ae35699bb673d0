// The series and their help texts; all of them exist from the start, so that a rate over them works.
#include "receiver/services/receiver_metrics.hpp"

#include "common/log/log.hpp"

namespace suivi::receiver {
namespace {

const std::vector<double> second_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,  0.5,    1,     2.5,  5,     10};
const std::vector<double> lag_bounds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
const std::vector<double> row_bounds{1, 2, 5, 10, 20, 50, 100, 200, 500};

void count(std::map<std::string, metrics::counter, std::less<>>& series, std::string_view label) {
  if (auto at = series.find(label); at != series.end()) at->second.add();
}

} // namespace

receiver_metrics::receiver_metrics(metrics::registry& where) : where_(where) {
  for (const char* answer : {"stored", "duplicate", "ignored", "quarantined", "spooled", "unauthorized",
                             "forbidden", "too_large", "unavailable"})
    webhooks_.emplace(
        answer, where_.make_counter("suivi_webhooks_total", "Webhooks by answer.", {{"answer", answer}}));
  for (const char* outcome :
       {"applied", "unchanged", "stale", "conflict", "quarantined", "parked", "confirming", "failed", "busy"})
    outcomes_.emplace(outcome,
                      where_.make_counter("suivi_event_outcomes_total",
                                          "What came of trying to apply an event.", {{"outcome", outcome}}));
  for (const char* result : {"answered", "not_found", "failed"})
    reads_.emplace(result,
                   where_.make_counter("suivi_single_reads_total", "Reads of one parcel from the courier.",
                                       {{"result", result}}));
  batch_rows =
      where_.make_histogram("suivi_intake_batch_rows", "Webhooks stored by one transaction.", row_bounds);
  ack_seconds = where_.make_histogram("suivi_webhook_ack_seconds", "From a webhook's arrival to its answer.",
                                      second_bounds);
  apply_seconds = where_.make_histogram(
      "suivi_event_apply_seconds", "From a webhook's arrival to its order being written.", second_bounds);
  intake_queue = where_.make_gauge("suivi_intake_queue_webhooks", "Webhooks waiting to be stored.");
  apply_queue = where_.make_gauge("suivi_apply_queue_events", "Events in this receiver's hands.");
  events_pending = where_.make_gauge(
      "suivi_events_pending", "Events durable, not yet applied, parked or refused, over all receivers.");
  events_confirming =
      where_.make_gauge("suivi_events_confirming", "Events that wait for the courier's answer.");
  events_failed =
      where_.make_gauge("suivi_events_failed", "Events that could not be applied and are tried again.");
  events_parked = where_.make_gauge("suivi_events_parked", "Events whose order is not known here yet.");
  database_up = where_.make_gauge("suivi_database_up", "1 while webhooks can be stored.");
  spool_events = where_.make_gauge("suivi_spool_events", "Webhooks in the spool, not in the database yet.");
  spool_bytes = where_.make_gauge("suivi_spool_bytes", "What they take of receiver.spool_max.");
  spool_oldest_seconds = where_.make_gauge("suivi_spool_oldest_seconds",
                                           "Since the receipt of the oldest of them; 0 without any.");
  spool_usable = where_.make_gauge("suivi_spool_usable", "1 while webhooks can be kept in the spool.");
  spool_drained = where_.make_counter("suivi_spool_drained_total", "Webhooks brought into the database.");
  days_dropped = where_.make_counter("suivi_retention_partitions_dropped_total", "Days of webhooks dropped.");
  events_expired = where_.make_counter("suivi_retention_events_expired_total",
                                       "Events that could not be applied while they were kept.");
  log_lines_lost = where_.make_counter("suivi_log_lines_lost_total", "Lines of the log that nobody took.");
  connections_max = where_.make_gauge("suivi_http_connections_max", "Connections that may be open at once.");
  connections_evicted = where_.make_counter("suivi_http_connections_evicted_total",
                                            "Idle connections closed for others to have room.");
  for (courier_kind courier : couriers)
    unknown_states[courier] = where_.make_counter("suivi_unknown_states_total",
                                                  "Times a parcel came to a state without a text of its own.",
                                                  {{"courier", std::string(slug(courier))}});
  connections = where_.make_gauge("suivi_http_connections", "Open connections.");
  for (unsigned status : {200U, 202U, 204U, 400U, 401U, 403U, 404U, 405U, 409U, 413U, 429U, 500U, 503U})
    api_responses_[status] =
        where_.make_counter("suivi_api_responses_total", "Responses of the operations API.",
                            {{"status", std::to_string(status)}});
  api_responses_of_others_ = where_.make_counter("suivi_api_responses_total",
                                                 "Responses of the operations API.", {{"status", "other"}});
  const std::string of_pool = "Connections of the pool to the database.";
  pool_in_use = where_.make_gauge("suivi_database_connections", of_pool, {{"state", "in_use"}});
  pool_idle = where_.make_gauge("suivi_database_connections", of_pool, {{"state", "idle"}});
  pool_waiting =
      where_.make_gauge("suivi_database_connection_waiters", "Those who wait for a connection of the pool.");
  certificate_expiry = where_.make_gauge("suivi_tls_certificate_expiry_timestamp_seconds",
                                         "When the certificate in force ends; 0 without TLS.");
  last_stored = where_.make_gauge("suivi_last_webhook_stored_timestamp_seconds",
                                  "When a webhook was last stored in the database; 0 before the first.");
  loop_lag = where_.make_histogram("suivi_loop_lag_seconds",
                                   "How late a timer is that is due: whatever holds up one holds up all.",
                                   lag_bounds);
  for (const char* answer : {"quarantined", "spooled", "unavailable"}) lines_[answer];
}

void receiver_metrics::webhook(std::string_view answer) {
  count(webhooks_, answer);
  if (answer == "stored" || answer == "quarantined" || answer == "ignored")
    last_stored.set(std::chrono::duration<double>(now().time_since_epoch()).count());
  auto line = lines_.find(answer);
  if (line == lines_.end()) return;
  if (auto webhooks = line->second.note(steady_now())) log_refusals(answer, *webhooks);
}

void receiver_metrics::log_refusals(std::string_view answer, std::uint64_t webhooks) {
  if (answer == "quarantined")
    log::warn("webhooks could not be decoded and were quarantined; logged once a minute",
              {{"webhooks", webhooks}});
  else if (answer == "spooled")
    log::warn("webhooks are kept in the spool; logged once a minute", {{"webhooks", webhooks}});
  else
    log::error("webhooks can be neither stored nor spooled and are answered 503; logged once a minute",
               {{"webhooks", webhooks}});
}

void receiver_metrics::api_response(unsigned status) {
  auto known = api_responses_.find(status);
  (known == api_responses_.end() ? api_responses_of_others_ : known->second).add();
}

void receiver_metrics::failed_event(std::int64_t id, const error& why) {
  last_failure_ = to_string(why);
  if (auto events = failed_events_.note(steady_now()))
    log::error(
        "events cannot be applied and are tried again; this is said once a minute, of the last of them",
        {{"events", *events}, {"event", id}, {"error", last_failure_}});
}

void receiver_metrics::refused_webhook(const error& why) {
  last_refusal_ = why.code; // its words may hold values of the row
  if (auto webhooks = refused_webhooks_.note(steady_now())) log_raw(*webhooks);
}

void receiver_metrics::log_raw(std::uint64_t webhooks) const {
  log::warn("the database refused webhooks, they are kept as raw bytes only; logged once a minute",
            {{"webhooks", webhooks}, {"error", last_refusal_}});
}

void receiver_metrics::refused_all(const error& why) {
  last_refusal_of_all_ = to_string(why);
  if (auto times = refused_batches_.note(steady_now())) log_refused_all(*times);
}

void receiver_metrics::log_refused_all(std::uint64_t times) const {
  log::error("the database does not take webhooks; logged once a minute",
             {{"times", times}, {"error", last_refusal_of_all_}});
}

void receiver_metrics::tell_rest() {
  steady_time at = steady_now();
  if (auto webhooks = refused_webhooks_.due(at)) log_raw(*webhooks);
  if (auto times = refused_batches_.due(at)) log_refused_all(*times);
  for (auto& [answer, line] : lines_)
    if (auto webhooks = line.due(at)) log_refusals(answer, *webhooks);
  if (auto events = failed_events_.due(at))
    log::error(
        "events cannot be applied and are tried again; this is said once a minute, of the last of them",
        {{"events", *events}, {"error", last_failure_}});
}
void receiver_metrics::outcome(std::string_view name) {
  count(outcomes_, name);
}
void receiver_metrics::read(std::string_view result) {
  count(reads_, result);
}

} // namespace suivi::receiver
