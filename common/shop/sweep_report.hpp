// The report of a sweep: what was read, what it changed, and whether it was the whole of it. Pure.
//
// Every parcel is counted once, however often its row was read or tried: fetched = matched + unmatched +
// conflicts + unreadable always holds, for `fetched` is made of them.
#pragma once

#include "common/base/time.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace suivi::shop {

struct sweep_report {
  std::string id; // empty: it has not begun
  std::string account;
  std::string account_name;
  std::string kind = "full";
  bool complete = false;
  bool truncated = false; // at max_orders
  bool abandoned = false; // stopped, its lease lost, or short of the settings: it stands for no scheduled run
  std::optional<std::string> reason;
  instant started_at{};
  double seconds = 0;
  std::int64_t pages = 0, fetched = 0, matched = 0, backfilled = 0, status_changed = 0, unchanged = 0,
               unmatched = 0, conflicts = 0, refused = 0, stale = 0, unreadable = 0, lookups = 0,
               requests = 0, retries = 0, throttled = 0;
  std::optional<std::int64_t> missed_by_webhook = 0; // nullopt: it could not be counted
  std::optional<std::int64_t> rows_expected;         // as the courier's list counts them
};

// The counts that every report has: the one list of them, for JSON and for the columns of suivi.sweep.
struct report_count {
  std::string_view name;   // in JSON
  std::string_view column; // in suivi.sweep
  std::int64_t sweep_report::* member;
};
inline constexpr std::array<report_count, 15> report_counts{{
    {"pages", "pages", &sweep_report::pages},
    {"fetched", "fetched", &sweep_report::fetched},
    {"matched", "matched", &sweep_report::matched},
    {"backfilled", "backfilled", &sweep_report::backfilled},
    {"statusChanged", "status_changed", &sweep_report::status_changed},
    {"unchanged", "unchanged", &sweep_report::unchanged},
    {"unmatched", "unmatched", &sweep_report::unmatched},
    {"conflicts", "conflicts", &sweep_report::conflicts},
    {"refused", "refused", &sweep_report::refused},
    {"stale", "stale", &sweep_report::stale},
    {"unreadable", "unreadable", &sweep_report::unreadable},
    {"lookups", "lookups", &sweep_report::lookups},
    {"requests", "requests", &sweep_report::requests},
    {"retries", "retries", &sweep_report::retries},
    {"throttled", "throttled", &sweep_report::throttled},
}};

[[nodiscard]] boost::json::object to_json(const sweep_report& report);

// The reports as a table for people.
[[nodiscard]] std::string to_table(std::span<const sweep_report> reports);

} // namespace suivi::shop
