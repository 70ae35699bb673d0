// Writes sweeps and the worker as JSON.
#include "receiver/api/sweeps/sweep_json.hpp"

#include "common/json/json_values.hpp"
#include "receiver/api/call/answers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

http::response sweep_runs(const requested_sweep& requested) {
  auto id = std::to_string(requested.ids.front());
  json::object why{{"message", fmt::format("sweep {} of account {} is running", id, requested.account)},
                   {"code", "CONFLICT"},
                   {"id", id}};
  json::object data{{"id", id}};
  return answer_of(409, {{"success", false}, {"error", std::move(why)}, {"data", std::move(data)}});
}

http::response no_reconciler() {
  return unavailable("no reconciler was seen for 30 seconds");
}

} // namespace

json::object scheduler_json(const scheduler_state& scheduler) {
  json::object shipping{{"lastStart", or_null(scheduler.last_start)},
                        {"lastEnd", nullptr},
                        {"lastResults", nullptr},
                        {"lastError", nullptr}};
  if (scheduler.last_finished) {
    const auto& report = *scheduler.last_finished;
    shipping["lastEnd"] = member(report, "finishedAt");
    shipping["lastResults"] = report;
    if (member(report, "verdict") != "complete")
      shipping["lastError"] = {{"error", member(report, "reason")},
                               {"timestamp", member(report, "finishedAt")}};
  }
  json::object none{
      {"lastStart", nullptr}, {"lastEnd", nullptr}, {"lastResults", nullptr}, {"lastError", nullptr}};
  json::object o;
  o["status"] = scheduler.there ? "running" : "stopped";
  o["isRunning"] = scheduler.there;
  o["startedAt"] = or_null(scheduler.started_at);
  o["stoppedAt"] = or_null(scheduler.stopped_at);
  o["activeJobs"] = scheduler.sweeping;
  o["lastSyncs"] = {{"ecomanager", std::move(none)},
                    {"shippingStatus", std::move(shipping)},
                    {"cleanup", {{"lastRun", nullptr}, {"lastError", nullptr}}}};
  return o;
}

http::response sweeps_requested(const requested_sweep& requested) {
  if (requested.result == requested_sweep::answer::running) return sweep_runs(requested);
  if (requested.result == requested_sweep::answer::no_reconciler) return no_reconciler();
  json::array ids;
  for (auto id : requested.ids) ids.push_back(json::value(std::to_string(id)));
  auto first = ids.front();
  json::object data{{"id", std::move(first)}, {"ids", std::move(ids)}};
  return accepted(std::move(data));
}

http::response shipping_triggered(const requested_sweep& requested) {
  if (requested.result != requested_sweep::answer::requested) return sweeps_requested(requested);
  static constexpr std::string_view done = "Shipping Status sync triggered successfully";
  json::object data{{"success", true}, {"message", done}, {"id", std::to_string(requested.ids.front())}};
  return accepted(std::move(data), done);
}

} // namespace suivi::receiver
