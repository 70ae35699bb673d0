// Serves three paths. Any other path is 404, any method but GET and HEAD 405.
#include "reconciler/worker/reconciler_metrics.hpp"

#include "common/http/message/error_response.hpp"
#include "common/network/ip_network.hpp"
#include "common/program/health.hpp"
#include "common/program/version.hpp"
#include "common/shop/problems/problem_metrics.hpp"

namespace suivi::reconciler {
namespace {

const std::vector<double> lag_bounds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
const std::vector<double> sweep_seconds{1, 5, 15, 30, 60, 120, 300, 600, 1'800, 3'600};

http::response answer(const http::request& request, const pg::pool& database, reconciler_metrics& numbers) {
  http::response r;
  std::string path = request.target.substr(0, request.target.find('?'));
  bool known = path == "/healthz" || path == "/readyz" || path == "/metrics";
  if (!known) {
    r = http::error_response(404, "NOT_FOUND", "there is nothing here");
  } else if (request.method != "GET" && request.method != "HEAD") {
    r = http::error_response(405, "METHOD_NOT_ALLOWED", "only GET");
    r.headers.emplace_back("Allow", "GET, HEAD");
  } else if (path == "/healthz") {
    r = program::health_response();
  } else if (path == "/readyz") {
    r.status = database.up() ? 200 : 503;
    r.body = database.up() ? R"({"database":"up"})" : R"({"database":"down"})";
  } else if (!is_private(request.remote)) {
    r = http::error_response(403, "FORBIDDEN", "for private addresses only");
  } else {
    r = program::metrics_response(numbers.text());
  }
  return r;
}

} // namespace

reconciler_metrics::reconciler_metrics() {
  registry_
      .make_gauge("suivi_build_info", "1; the label says which version runs.",
                  {{"version", std::string(program::version())}})
      .set(1);
  loop_lag_ = registry_.make_histogram("suivi_loop_lag_seconds",
                                       "How late a timer is that is due: whatever holds up one holds up all.",
                                       lag_bounds);
}

std::string reconciler_metrics::text() {
  process_.refresh();
  return registry_.text();
}

void reconciler_metrics::count(const shop::sweep_report& r) {
  const metrics::labels of{{"account", r.account}, {"kind", r.kind}};
  auto add = [&](const char* name, const char* help, std::int64_t by) {
    registry_.make_counter(name, help, of).add(static_cast<double>(by));
  };
  for (const char* verdict : {"complete", "incomplete"}) {
    metrics::labels with = of;
    with["verdict"] = verdict;
    bool this_one = r.complete == (verdict == std::string_view("complete"));
    registry_.make_counter("suivi_sweeps_total", "Sweeps that ended, by verdict.", with)
        .add(this_one ? 1 : 0);
  }
  registry_.make_histogram("suivi_sweep_seconds", "How long a sweep took.", sweep_seconds, of)
      .observe(r.seconds);
  add("suivi_sweep_rows_total", "Courier rows read by sweeps.", r.fetched);
  add("suivi_sweep_backfilled_total", "Orders that got a tracking number they did not have.", r.backfilled);
  add("suivi_sweep_missed_by_webhook_total", "Changes that no webhook told.",
      r.missed_by_webhook.value_or(0));
  add("suivi_sweep_conflicts_total", "Parcels whose order belongs to another account.", r.conflicts);
  add("suivi_sweep_refused_total", "Orders that the database would not take.", r.refused);
  add("suivi_courier_requests_total", "Requests of sweeps to the courier's API.", r.requests);
  add("suivi_courier_retries_total", "Of these, repeated ones.", r.retries);
  add("suivi_courier_throttled_total", "Of these, answered 429.", r.throttled);
}

void reconciler_metrics::update(const verdict::facts& f) {
  shop::show_problems(registry_, f);
  std::set<metrics::labels> couriers_of;
  for (const verdict::account_facts& a : f.accounts) {
    metrics::labels with{{"account", a.id}, {"courier", a.courier}};
    registry_.make_gauge("suivi_account_info", "1; the label says which courier's account it is.", with)
        .set(1);
    couriers_of.insert(std::move(with));
    auto set = [&](const char* kind, const std::optional<instant>& began) {
      if (!began) return;
      registry_
          .make_gauge("suivi_last_complete_sweep_timestamp_seconds",
                      "When the last complete sweep began: the orders are as the courier had them then.",
                      {{"account", a.id}, {"kind", kind}})
          .set(std::chrono::duration<double>(began->time_since_epoch()).count());
    };
    set("full", a.complete_as_of);
    set("incremental", a.incremental_as_of);
  }
  registry_.keep_only_these("suivi_account_info", couriers_of);
}

void reconciler_metrics::set_unknown_states(const std::map<courier_kind, std::int64_t>& by_courier) {
  for (const auto& [courier, times] : by_courier)
    registry_
        .make_counter("suivi_unknown_states_total",
                      "Times a parcel came to a state without a text of its own.",
                      {{"courier", std::string(slug(courier))}})
        .set(static_cast<double>(times));
}

http::handler health_handler(const pg::pool& database, reconciler_metrics& numbers) {
  const pg::pool* db = &database;
  reconciler_metrics* counts = &numbers;
  // The lambda lives in the server; what it captures is copied into the answer before anything is awaited.
  return [db, counts](http::request request) -> task<http::response> {
    http::response r = answer(request, *db, *counts);
    co_return r;
  };
}

} // namespace suivi::reconciler
