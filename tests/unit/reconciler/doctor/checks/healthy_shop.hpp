// The facts of a shop where all is well, and the checks by name.
#pragma once

#include "reconciler/doctor/checks/checks.hpp"

#include <doctest/doctest.h>

namespace suivi::test {

using namespace std::chrono_literals;
using reconciler::check;
using reconciler::check_result;
using reconciler::doctor_facts;

inline const instant noon = *parse_instant("2026-03-01T12:00:00Z");

inline doctor_facts healthy() {
  doctor_facts f;
  f.now = noon;
  f.session = reconciler::session_facts{"shop", "suivi", false, false, "on", false};
  f.database_clock = reconciler::clock_interval{-2ms, 3ms};
  f.scripts_missing = 0;
  f.tables.emplace();
  f.tables->schema = "public";
  f.tables->used_schema = "public";
  f.tables->orders = f.tables->account_tables = f.tables->columns_known = true;
  f.rights = reconciler::right_facts{"suivi", {}, {}, std::vector<std::string>{}};
  f.company = reconciler::company_facts{{"maystro"}, {}, {}, 1, 0, {}};
  f.public_url_set = f.public_url_https = true;
  f.unassigned.emplace();
  f.blanks.emplace();
  f.waiting.emplace();
  f.refused.emplace();
  f.partitions.emplace();
  f.receiver = reconciler::receiver_facts{"up", 0, std::nullopt, true, 0};
  f.spool_bytes_max = 1'000;
  f.receiver_address = "127.0.0.1:8080";
  f.reconciler_address = "127.0.0.1:8081";
  f.at_receiver_address = f.at_reconciler_address = reconciler::listener::ours;
  f.workers.emplace();
  f.workers->push_back({"host:7", noon - 2s, false});
  f.longest_gap = std::chrono::hours(6);
  f.sweep_due = noon - 30min;
  reconciler::account_facts a;
  a.id = "acc-1";
  a.was_read = true;
  a.courier_clock = reconciler::clock_interval{-900ms, 200ms};
  a.listed_of = {{"acc-1", 20}};
  a.listed_compared = true;
  a.hooks = reconciler::hook_facts{{"OrderDelivered"}, {}, false, {}, false};
  a.webhooks = reconciler::webhook_facts{noon - 1min, 0};
  a.sweeps.emplace();
  a.sweeps->last_full = reconciler::sweep_facts{noon - 30min, true, "", 0, 0};
  a.sweeps->complete_as_of = noon - 30min;
  a.tracking = reconciler::untracked_facts{10, 0, 0};
  a.never_read = 0;
  a.parcels_gone = 0;
  a.open_parcels = reconciler::open_parcel_facts{4, noon - 3h};
  f.accounts.push_back(a);
  return f;
}

inline check of(const doctor_facts& f, const std::string& name) {
  for (const check& c : examine(f))
    if (c.name == name) return c;
  FAIL("there is no such check: " << name);
  return {};
}

inline std::string result_of(const doctor_facts& f, const std::string& name) {
  return std::string(to_string(of(f, name).result));
}

inline bool judged(const doctor_facts& f, const std::string& name) {
  for (const check& c : examine(f))
    if (c.name == name) return true;
  return false;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace suivi::test
