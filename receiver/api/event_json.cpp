// Shapes, member by member.
#include "receiver/api/event_json.hpp"
#include "receiver/event/decode_event.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "common/maystro/envelope.hpp"
#include "receiver/api/redaction.hpp"
#include "receiver/web/responses.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr int retry_after_seconds = 5;
constexpr std::size_t shown_unpacked_bytes_max = 1024 * 1024;

http::response with(unsigned status, const json::object& body) {
  http::response answer;
  answer.status = status;
  answer.body = maystro::write_json(body);
  return answer;
}

template <class Key>
std::vector<std::pair<Key, std::int64_t>> most_first(const std::map<Key, std::int64_t>& counts) {
  std::vector<std::pair<Key, std::int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}

json::object whole(bool success, json::value data, std::string_view message) {
  json::object body{{"success", success}, {"data", std::move(data)}};
  if (!message.empty()) body["message"] = message;
  return body;
}

http::response sweep_runs(const requested_sweep& requested) {
  auto id = std::to_string(requested.ids.front());
  json::object why{{"message", fmt::format("sweep {} of account {} is running", id, requested.account)},
                   {"code", "CONFLICT"},
                   {"id", id}};
  json::object data{{"id", id}};
  return with(409, {{"success", false}, {"error", std::move(why)}, {"data", std::move(data)}});
}

http::response no_reconciler() {
  return unavailable("no reconciler was seen for 30 seconds");
}

} // namespace

http::response answered(json::value data, std::string_view message) {
  return with(200, whole(true, std::move(data), message));
}

http::response not_done(json::value data, std::string_view message) {
  return with(200, whole(false, std::move(data), message));
}

http::response bad_request(const error& why) {
  return refused(400, "BAD_REQUEST", why.detail);
}

http::response unknown(std::string_view subject) {
  return refused(404, "NOT_FOUND", fmt::format("{} not found", subject));
}

http::response wrong_token() {
  auto answer = refused(401, "UNAUTHORIZED", "wrong or missing token");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

http::response methods_allowed(std::string_view allowed) {
  http::response answer;
  answer.status = 204;
  answer.headers.emplace_back("Allow", std::string(allowed) + ", OPTIONS");
  return answer;
}

http::response unavailable(std::string_view why) {
  auto answer = refused(503, "UNAVAILABLE", why);
  answer.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return answer;
}

json::object event_json(const event_summary& e, bool with_payload,
                        const std::vector<std::string>& guepex_accounts) {
  json::object o;
  o["id"] = std::to_string(e.id);
  o["messageId"] = or_null(shown_message_id(e.message_id));
  o["source"] = is_from_guepex(e, guepex_accounts) ? "GUEPEX" : "MAYSTRO";
  o["eventType"] = or_null(shown_event_type(e.name));
  if (with_payload) {
    std::optional<json::value> body;
    if (!e.is_cut) body = decode_event(e.raw, shown_unpacked_bytes_max).body;
    o["payload"] = redacted_payload(e.raw, std::move(body));
  }
  o["processed"] = is_processed(e.outcome);
  o["outcome"] = e.outcome;
  o["error"] = or_null(e.error);
  o["createdAt"] = format_instant(e.received_at);
  o["order"] = nullptr;
  if (e.order)
    o["order"] = json::object{{"id", e.order->id},
                              {"reference", e.order->reference},
                              {"status", e.order->status},
                              {"shippingStatus", or_null(e.order->shipping_status)}};
  return o;
}

json::object pagination_json(const event_query& q, const event_page& page) {
  if (q.by_cursor) {
    json::object o{{"limit", q.limit}, {"next", nullptr}};
    if (page.next) o["next"] = write_cursor(*page.next);
    return o;
  }
  std::int64_t total = page.total;
  std::int64_t pages = (total + q.limit - 1) / q.limit;
  return {{"currentPage", q.page}, {"totalPages", pages},       {"totalCount", total},
          {"limit", q.limit},      {"hasNext", q.page < pages}, {"hasPrev", q.page > 1}};
}

json::object stats_json(std::span<const event_count> counts, std::string_view period) {
  std::int64_t total = 0;
  std::int64_t processed = 0;
  std::int64_t failed = 0;
  std::map<std::optional<std::string>, std::int64_t> by_name;
  std::map<std::string, std::int64_t> by_outcome;
  for (const auto& c : counts) {
    total += c.count;
    if (is_processed(c.outcome)) processed += c.count;
    if (c.outcome == "failed" || c.outcome == "quarantined" || c.outcome == "conflict") failed += c.count;
    by_name[shown_event_type(c.name)] += c.count;
    by_outcome[c.outcome] += c.count;
  }
  json::array names;
  std::erase_if(by_name, [](const auto& one) { return one.second == 0; });
  std::erase_if(by_outcome, [](const auto& one) { return one.second == 0; });
  for (const auto& [name, count] : most_first(by_name))
    names.push_back({{"eventType", or_null(name)}, {"count", count}});
  json::array outcomes;
  for (const auto& [outcome, count] : most_first(by_outcome))
    outcomes.push_back({{"outcome", outcome}, {"count", count}});
  json::object o;
  o["totalEvents"] = total;
  o["processedEvents"] = processed;
  o["failedEvents"] = failed;
  o["successRate"] =
      total == 0 ? 100 : std::llround(static_cast<double>(processed) * 100 / static_cast<double>(total));
  o["eventsByType"] = std::move(names);
  o["eventsByOutcome"] = std::move(outcomes);
  o["period"] = period;
  return o;
}

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

json::object account_json(std::string_view id, std::string_view name, bool has_key,
                          const account_record& record, json::object figures) {
  json::value problem = member(record.known, "problem");
  bool contacted = member(record.known, "heard_at") != nullptr || problem != nullptr;
  json::object o;
  o["id"] = id;
  o["name"] = name;
  o["courier"] = nullptr; // the caller knows
  o["hasCredentials"] = has_key;
  o["health"] = !has_key || problem != nullptr ? "failing" : contacted ? "ok" : "unknown";
  o["problem"] = has_key ? problem : json::value("it has no key");
  o["breaker"] = problem != nullptr ? "open" : "closed";
  o["heardAt"] = or_null(instant_in(record.known, "heard_at"));
  o["webhookHeardAt"] = or_null(instant_in(record.known, "webhook_heard_at"));
  o["completeAsOf"] = or_null(instant_in(record.known, "full_watermark"));
  o["sweeping"] = member(record.known, "leased") == true;
  auto sweep = member(record.known, "last_sweep");
  o["lastSweep"] = sweep.is_int64() ? json::value(std::to_string(sweep.get_int64())) : json::value(nullptr);
  bool looked = member(record.known, "hooks_checked_at") != nullptr;
  boost::system::error_code failed;
  auto wanted =
      json::parse(figures["hooksWanted"].is_string() ? figures["hooksWanted"].get_string() : "[]", failed);
  o["hooks"] = {{"wanted", failed ? json::value(json::array()) : std::move(wanted)},
                {"registered", looked ? member(record.known, "hooks_registered") : json::value(nullptr)},
                {"checkedAt", or_null(instant_in(record.known, "hooks_checked_at"))},
                {"problem", member(record.known, "hooks_problem")}};
  for (std::string_view figure : {"coverage", "untracked", "webhooks", "pace", "nextFull", "nextIncremental"})
    o[figure] = member(figures, figure);
  for (std::string_view column : {"requestCount", "successCount", "errorCount"})
    o[column] = member(record.shop, column);
  o["lastUsed"] = or_null(instant_in(record.shop, "lastUsed"));
  o["lastTestAt"] = or_null(instant_in(record.shop, "lastTestAt"));
  for (std::string_view column : {"lastTestStatus", "lastTestError"}) o[column] = member(record.shop, column);
  return o;
}

http::response sweeps_requested(const requested_sweep& requested) {
  if (requested.result == requested_sweep::answer::running) return sweep_runs(requested);
  if (requested.result == requested_sweep::answer::no_reconciler) return no_reconciler();
  json::array ids;
  for (auto id : requested.ids) ids.push_back(json::value(std::to_string(id)));
  auto first = ids.front();
  json::object data{{"id", std::move(first)}, {"ids", std::move(ids)}};
  return with(202, whole(true, std::move(data), {}));
}

http::response shipping_triggered(const requested_sweep& requested) {
  if (requested.result != requested_sweep::answer::requested) return sweeps_requested(requested);
  static constexpr std::string_view done = "Shipping Status sync triggered successfully";
  json::object data{{"success", true}, {"message", done}, {"id", std::to_string(requested.ids.front())}};
  return with(202, whole(true, std::move(data), done));
}

} // namespace suivi::receiver
