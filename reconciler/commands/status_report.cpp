// One block for each account: what is wrong first, then its sweeps by kind.
#include "reconciler/commands/status_report.hpp"

#include "common/json/json_values.hpp"
#include "common/shipment/courier.hpp"
#include "reconciler/schedule/local_time.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

namespace json = boost::json;

// For people; the document has them all.
constexpr std::size_t listed_max = 20;

shop::sweep_report report_of(const known_sweep& s) {
  shop::sweep_report r = s.r;
  if (s.running) r.reason.reset(); // it reads as killed until its end
  return r;
}

const known_sweep* newest(const status_report& r, const std::string& account, std::string_view kind) {
  for (const known_sweep& s : r.sweeps)
    if (s.r.account == account && s.r.kind == kind) return &s;
  return nullptr;
}

json::object to_json(const known_sweep& s) {
  json::object o = shop::to_json(report_of(s));
  o["running"] = s.running;
  return o;
}

json::value report_or_null(const known_sweep* s) {
  return s ? json::value(to_json(*s)) : json::value(nullptr);
}

json::array names(const std::vector<std::string>& list) {
  json::array all;
  for (const std::string& name : list) all.emplace_back(name);
  return all;
}

json::object to_json(const status_report& r, const account_status& a) {
  json::object o;
  o["id"] = a.account.id;
  o["name"] = a.account.name;
  o["courier"] = slug(a.account.courier.courier);
  o["hasKey"] = courier::is_complete(a.account.courier);
  o["sweeping"] = a.known.leased;
  o["watermark"] = or_null(a.known.full_watermark);
  o["incrementalWatermark"] = or_null(a.known.incremental_watermark);
  o["heardAt"] = or_null(a.known.last_webhook_at);
  o["nextFullAt"] = or_null(a.next_full);
  o["nextIncrementalAt"] = or_null(a.next_incremental);
  o["pausedUntil"] = or_null(a.paused_until);
  o["problem"] = or_null(a.known.problem);
  o["problemSince"] = or_null(a.known.problem_since);
  o["lastFull"] = report_or_null(newest(r, a.account.id, "full"));
  o["lastIncremental"] = report_or_null(newest(r, a.account.id, "incremental"));
  if (a.left_out) {
    o["conflicting"] = names(a.left_out->conflicting);
    o["refused"] = names(a.left_out->refused);
    o["unmatched"] = names(a.left_out->unmatched);
  }
  return o;
}

std::string time_or(const status_report& r, const std::optional<instant>& t, const char* otherwise) {
  return t ? local_time_with_age(*t, r.now, r.timezone) : std::string(otherwise);
}

std::string line_of(const status_report& r, const known_sweep& s, const palette& colors) {
  std::string verdict = s.running      ? colors.title(fmt::format("{:<10}", "running"))
                        : s.r.complete ? colors.good(fmt::format("{:<10}", "complete"))
                                       : colors.bad(fmt::format("{:<10}", "INCOMPLETE"));
  std::string missed = s.r.missed_by_webhook ? std::to_string(*s.r.missed_by_webhook) : "?";
  std::string line =
      fmt::format("    {:<19}  {:<15}  {} {:>8} {:>8} {:>10} {:>8} {:>9} {:>9} {:>7} {:>7} {:>9} {:>8.1f}\n",
                  local_time(s.r.started_at, r.timezone), distance_text(s.r.started_at, r.now), verdict,
                  s.r.fetched, s.r.matched, s.r.backfilled, s.r.status_changed, s.r.unmatched, s.r.conflicts,
                  s.r.refused, missed, s.r.throttled, s.r.seconds);
  if (s.r.reason && !s.running) line += fmt::format("        {}\n", *s.r.reason);
  return line;
}

std::string list_line(std::string_view title, const std::vector<std::string>& list) {
  if (list.empty()) return "";
  std::size_t listed = std::min(list.size(), listed_max);
  return fmt::format("  {:<17} {}{}\n", title, fmt::join(list.begin(), list.begin() + listed, ", "),
                     list.size() > listed ? fmt::format(" and {} more", list.size() - listed) : "");
}

std::string block_of(const status_report& r, const account_status& a, const palette& colors) {
  std::string text =
      fmt::format("\n{} ({}{})\n", colors.title(a.account.id),
                  a.account.name.empty() ? "" : a.account.name + ", ", slug(a.account.courier.courier));
  auto add = [&](const char* title, const std::string& value) {
    text += fmt::format("  {:<17} {}\n", title, value);
  };
  if (!courier::is_complete(a.account.courier)) add("key", colors.bad("none"));
  if (a.known.problem) add("problem", colors.bad(*a.known.problem));
  if (a.known.problem_since) add("  since", local_time_with_age(*a.known.problem_since, r.now, r.timezone));
  if (a.paused_until)
    add("courier", colors.bad(fmt::format("wants to be left alone until {}",
                                          local_time_with_age(*a.paused_until, r.now, r.timezone))));
  add("full", fmt::format("complete as of {}; next {}", time_or(r, a.known.full_watermark, "never"),
                          time_or(r, a.next_full, "never")));
  add("incremental",
      fmt::format("complete as of {}; next {}", time_or(r, a.known.incremental_watermark, "never"),
                  time_or(r, a.next_incremental, "never")));
  if (a.left_out) {
    text += list_line("conflicting", a.left_out->conflicting);
    text += list_line("refused", a.left_out->refused);
    text += list_line("unmatched", a.left_out->unmatched);
  }
  for (const char* kind : {"full", "incremental", "lookups"}) {
    if (!newest(r, a.account.id, kind)) continue;
    text += "  " +
            colors.title(
                fmt::format("{:<37}  {:<10} {:>8} {:>8} {:>10} {:>8} {:>9} {:>9} {:>7} {:>7} {:>9} {:>8}",
                            kind, "verdict", "fetched", "matched", "backfilled", "status", "unmatched",
                            "conflicts", "refused", "missed", "throttled", "seconds")) +
            "\n";
    for (const known_sweep& s : r.sweeps)
      if (s.r.account == a.account.id && s.r.kind == kind) text += line_of(r, s, colors);
  }
  return text;
}

} // namespace

json::object to_json(const status_report& r) {
  json::object document;
  document["nextSweepAt"] = or_null(r.next_full);
  document["workerAtWork"] = r.worker.is_fresh;
  document["workerSeenAt"] = or_null(r.worker.last);
  json::array accounts, sweeps;
  for (const account_status& a : r.accounts) accounts.push_back(to_json(r, a));
  for (const known_sweep& s : r.sweeps) sweeps.push_back(to_json(s));
  document["accounts"] = std::move(accounts);
  document["sweeps"] = std::move(sweeps);
  return document;
}

std::string to_text(const status_report& r, const palette& colors) {
  std::string text =
      fmt::format("next scheduled full sweep: {}, {}\n", time_or(r, r.next_full, "never"), r.timezone);
  if (!r.worker.is_fresh)
    text +=
        colors.bad(fmt::format("no worker is at work: the last sign of life of `suivi-reconciler run`: {}\n",
                               time_or(r, r.worker.last, "none ever")));
  for (const account_status& a : r.accounts) text += block_of(r, a, colors);
  return text;
}

} // namespace suivi::reconciler
