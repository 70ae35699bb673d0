// One list of fields for JSON, one table for people.
#include "common/shop/sweep_report.hpp"

#include "common/json/json_values.hpp"

#include <cmath>
#include <fmt/format.h>

namespace suivi::reconciler {

namespace json = boost::json;

json::object to_json(const report& r) {
  json::object o;
  o["id"] = r.id;
  o["account"] = r.account;
  o["accountName"] = r.account_name;
  o["kind"] = r.kind;
  o["verdict"] = r.complete ? "complete" : "incomplete";
  o["reason"] = or_null(r.reason);
  o["startedAt"] = format_instant(r.started_at);
  o["seconds"] = std::round(r.seconds * 1000) / 1000;
  o["pages"] = r.pages;
  o["fetched"] = r.fetched;
  o["matched"] = r.matched;
  o["backfilled"] = r.backfilled;
  o["statusChanged"] = r.status_changed;
  o["unchanged"] = r.unchanged;
  o["unmatched"] = r.unmatched;
  o["conflicts"] = r.conflicts;
  o["stale"] = r.stale;
  o["unreadable"] = r.unreadable;
  o["missedByWebhook"] = r.missed_by_webhook;
  o["lookups"] = r.lookups;
  o["requests"] = r.requests;
  o["retries"] = r.retries;
  o["throttled"] = r.throttled;
  return o;
}

std::string to_table(std::span<const report> reports) {
  std::string text =
      fmt::format("{:<24} {:<11} {:<11} {:>8} {:>8} {:>10} {:>8} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7}\n",
                  "account", "kind", "verdict", "fetched", "matched", "backfilled", "status", "unchanged",
                  "unmatched", "conflicts", "missed", "lookups", "seconds");
  for (const report& r : reports) {
    std::string name = r.account_name.empty() ? r.account : r.account_name;
    text += fmt::format(
        "{:<24.24} {:<11} {:<11} {:>8} {:>8} {:>10} {:>8} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7.1f}\n", name,
        r.kind, r.complete ? "complete" : "INCOMPLETE", r.fetched, r.matched, r.backfilled, r.status_changed,
        r.unchanged, r.unmatched, r.conflicts, r.missed_by_webhook, r.lookups, r.seconds);
    if (r.reason) text += fmt::format("    {}\n", *r.reason);
  }
  return text;
}

} // namespace suivi::reconciler
