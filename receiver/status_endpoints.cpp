// Answers /readyz and /metrics. Numbers are counted when they are asked for.
#include "receiver/status_endpoints.hpp"

#include "common/log/log.hpp"
#include "common/program/health.hpp"
#include "common/shop/problems/problem_metrics.hpp"
#include "common/shop/unknown_states.hpp"
#include "receiver/inbox/pending.hpp"
#include "receiver/web/responses.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

} // namespace

http::response status_endpoints::readiness() const {
  auto rows = spool_.now().depth.rows;
  auto state = db_.now();
  if (state == database_monitor::state::up && (rows > 0 || in_.full() || !db_.takes_webhooks()))
    state = database_monitor::state::behind;
  bool ready = !draining_ && (db_.is_up() || (db_.is_known() && spool_.accepts()));
  return receiver::readiness(ready, to_string(state), rows);
}

task<http::response> status_endpoints::show_metrics() {
  counts_.database_up.set(db_.takes_webhooks() ? 1 : 0);
  // The spool first: what goes from there into the database meanwhile is counted twice rather than not at
  // all.
  auto spooled = static_cast<std::int64_t>(spool_.now().depth.rows);
  bool counted = co_await count_events();
  std::int64_t stored_since = webhooks_.events_stored() - stored_when_counted_;
  counts_.events_pending.set(static_cast<double>(spooled + last_pending_ + (counted ? 0 : stored_since)));
  measure_spool();
  verdict::facts known = co_await operations_.problem_facts(counted);
  shop::show_problems(series_, known);
  counts_.log_lines_lost.set(static_cast<double>(log::lines_lost()));
  if (refresh_) refresh_();
  co_return program::metrics_response(series_.text());
}

// False where the database cannot be asked: then what it said last, and all that was stored since, must do.
task<bool> status_endpoints::count_events() {
  if (!db_.is_up()) co_return false;
  auto deadline = steady_clock::now() + 2s;
  auto db = co_await db_.connections().acquire(deadline);
  if (!db) co_return false;
  auto& connection = **db;
  std::int64_t stored_before = webhooks_.events_stored();
  auto usual_limit = connection.answer_within(2s); // a database that hangs must not make this answer hang
  auto lengths = co_await count_pending(connection);
  auto unknown = co_await shop::count_unknown_states(connection);
  connection.answer_within(usual_limit);
  if (unknown)
    for (const auto& [courier, times] : *unknown)
      counts_.unknown_states.at(courier).set(static_cast<double>(times));
  if (!lengths) co_return false;
  stored_when_counted_ = stored_before;
  last_pending_ = lengths->pending;
  counts_.events_parked.set(static_cast<double>(lengths->parked));
  counts_.events_confirming.set(static_cast<double>(lengths->confirming));
  counts_.events_failed.set(static_cast<double>(lengths->failed));
  co_return true;
}

void status_endpoints::measure_spool() {
  const auto& there = spool_.now();
  counts_.spool_events.set(static_cast<double>(there.depth.rows));
  counts_.spool_bytes.set(static_cast<double>(there.depth.bytes));
  counts_.spool_usable.set(spool_.accepts() ? 1 : 0);
  std::chrono::duration<double> age{0};
  if (there.depth.oldest) age = suivi::now() - *there.depth.oldest;
  counts_.spool_oldest_seconds.set(std::max(age.count(), 0.0));
}

} // namespace suivi::receiver
