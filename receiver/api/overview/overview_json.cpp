// Writes the overview and the problems as JSON.
#include "receiver/api/overview/overview_json.hpp"

#include "common/json/json_values.hpp"

#include <boost/json/value.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

// What rotation promises: every open parcel is read once in it (reconciler/sweep/rotation.hpp).
constexpr seconds checked_bound{24 * 3600};

json::value action_json(const std::optional<verdict::remedy_call>& action) {
  if (!action) return nullptr;
  json::object o{{"method", action->method}, {"path", action->path}, {"body", nullptr}};
  if (action->account || action->kind) {
    json::object body;
    if (action->account) body["account"] = *action->account;
    if (action->kind) body["kind"] = *action->kind;
    o["body"] = std::move(body);
  }
  return o;
}

json::array list_of(const std::vector<verdict::problem>& all) {
  json::array list;
  for (const verdict::problem& p : all)
    list.push_back({{"kind", verdict::to_string(p.kind)},
                    {"severity", verdict::to_string(verdict::severity_of(p.kind))},
                    {"account", or_null(p.account)},
                    {"accountName", or_null(p.account_name)},
                    {"count", or_null(p.count)},
                    {"since", or_null(p.since)},
                    {"detail", p.detail},
                    {"action", action_json(p.action)},
                    {"view", or_null(p.view)}});
  return list;
}

json::object coverage_json(const overview_figures& f) {
  json::object o{{"total", f.coverage.total},
                 {"withTracking", f.coverage.with_tracking},
                 {"coveragePercentage", f.coverage.percentage()},
                 {"weekAgo", nullptr}};
  if (f.week_ago) o["weekAgo"] = f.week_ago->percentage();
  return o;
}

} // namespace

json::array problems_json(const overview& of) {
  return list_of(verdict::problems_of(of.facts));
}

json::object overview_json(const overview& of) {
  const verdict::facts& facts = of.facts;
  const overview_figures& f = of.figures;
  std::vector<verdict::problem> problems = verdict::problems_of(facts);
  verdict::judgment judged = verdict::verdict_of(facts, problems);
  json::array reasons;
  for (verdict::problem_kind kind : judged.reasons) reasons.push_back(json::value(verdict::to_string(kind)));

  json::object o;
  o["asOf"] = or_null(of.as_of);
  o["timezone"] = of.timezone;
  o["verdict"] = verdict::to_string(judged.word);
  o["since"] = or_null(judged.since);
  o["reasons"] = std::move(reasons);
  o["lastComplete"] = or_null(f.last_complete);
  o["schedule"] = nullptr;
  if (f.schedule) o["schedule"] = json::array(f.schedule->begin(), f.schedule->end());
  o["nextFull"] = or_null(f.next_full);
  o["nextIncremental"] = or_null(f.next_incremental);
  o["lastWebhook"] = or_null(f.last_webhook);
  o["coverage"] = coverage_json(f);
  o["untracked"] = {{"count", facts.untracked.count},
                    {"unknownToCourier", facts.unknown_to_courier},
                    {"olderThanSeconds", std::chrono::seconds(verdict::untracked_age).count()}};
  o["freshness"] = {{"open", f.open},
                    {"oldestCheckedAt", or_null(f.oldest_checked_at)},
                    {"boundSeconds", checked_bound.count()}};
  o["missed"] = {{"period", "7d"}, {"missed", f.missed}, {"changes", f.missed + f.reported}};
  o["waiting"] = {{"pending", f.pending},
                  {"parked", f.parked},
                  {"confirming", f.confirming},
                  {"failed", facts.failed.count},
                  {"conflict", facts.conflict.count},
                  {"quarantined", facts.quarantined.count},
                  {"spooled", facts.spooled}};
  o["problems"] = list_of(problems);
  return o;
}

} // namespace suivi::receiver
