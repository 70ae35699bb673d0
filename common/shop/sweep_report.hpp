// The report of a sweep: what was read, what it changed, and whether it was the whole of it. Pure.
//
// Every parcel is counted once, however often its row was read or tried: fetched = matched + unmatched +
// conflicts + unreadable always holds, for `fetched` is made of them.
#pragma once

#include "common/base/time.hpp"
#include "common/decision/observation.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string>

namespace suivi::reconciler {

struct report {
  std::string id;
  std::string account;
  std::string account_name;
  std::string kind = "full";
  bool complete = false;
  bool cut = false;       // at max_orders
  bool abandoned = false; // stopped, or its lease was lost
  std::optional<std::string> reason;
  instant started_at{};
  double seconds = 0;
  std::int64_t pages = 0, fetched = 0, matched = 0, backfilled = 0, status_changed = 0, unchanged = 0,
               unmatched = 0, conflicts = 0, stale = 0, unreadable = 0, missed_by_webhook = 0, lookups = 0,
               requests = 0, retries = 0, throttled = 0;
};

[[nodiscard]] boost::json::object to_json(const report& r);

// The reports as a table for people.
[[nodiscard]] std::string to_table(std::span<const report> reports);

} // namespace suivi::reconciler
