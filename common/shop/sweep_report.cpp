// Prints a report: all counts as JSON, the important ones for people.
#include "common/shop/sweep_report.hpp"

#include "common/json/json_values.hpp"

#include <cmath>
#include <fmt/format.h>

namespace suivi::shop {

namespace json = boost::json;

json::object to_json(const sweep_report& r) {
  json::object o;
  o["id"] = r.id.empty() ? json::value() : json::value(r.id);
  o["account"] = r.account;
  o["accountName"] = r.account_name;
  o["kind"] = r.kind;
  o["verdict"] = r.complete ? "complete" : "incomplete";
  o["reason"] = or_null(r.reason);
  o["startedAt"] = format_instant(r.started_at);
  o["seconds"] = std::round(r.seconds * 1000) / 1000;
  for (const report_count& count : report_counts) o[count.name] = r.*count.member;
  o["missedByWebhook"] = or_null(r.missed_by_webhook);
  o["rowsExpected"] = or_null(r.rows_expected);
  return o;
}

std::string to_table(std::span<const sweep_report> reports) {
  std::string text =
      fmt::format("{:<24} {:<11} {:<11} {:>8} {:>8} {:>10} {:>8} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7}\n",
                  "account", "kind", "verdict", "fetched", "matched", "backfilled", "status", "unchanged",
                  "unmatched", "conflicts", "missed", "lookups", "seconds");
  for (const sweep_report& r : reports) {
    std::string name = r.account_name.empty() ? r.account : r.account_name;
    text += fmt::format(
        "{:<24.24} {:<11} {:<11} {:>8} {:>8} {:>10} {:>8} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7.1f}\n", name,
        r.kind, r.complete ? "complete" : "INCOMPLETE", r.fetched, r.matched, r.backfilled, r.status_changed,
        r.unchanged, r.unmatched, r.conflicts,
        r.missed_by_webhook ? std::to_string(*r.missed_by_webhook) : std::string("?"), r.lookups, r.seconds);
    if (r.reason) text += fmt::format("    {}\n", *r.reason);
  }
  return text;
}

} // namespace suivi::shop
