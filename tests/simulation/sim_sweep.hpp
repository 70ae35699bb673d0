// One sweep of the simulation's reconciler, and one of its requests.
#pragma once

#include "reconciler/plan/doubt_queue.hpp"
#include "reconciler/sweep/listed_dates.hpp"
#include "tests/simulation/sim_reconciler.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace suivi::simulation {

inline constexpr milliseconds read_lag = std::chrono::seconds(10);
inline constexpr int in_flight_max = 10;

struct sim_reconciler::request {
  std::optional<int> page;
  shop::wanted_read wanted; // where it is no page
  bool settles = false;     // a doubt
  bool refused = false;     // with a 403, at least once
  int tries = 0;
  reconciler::pace::priority priority = reconciler::pace::priority::page;
  reconciler::pace::budget_charge price = reconciler::pace::budget_charge::first;
  reconciler::pace::ticket ticket = 0;
};

struct sim_reconciler::sweep {
  sweep(std::string account_id, sim_courier& of, bool is_full, std::int64_t of_term)
      : account(std::move(account_id)), courier(of), full(is_full), term(of_term) {}

  std::string account;
  sim_courier& courier;
  bool full = false;
  std::int64_t term = 0;
  instant started{};                   // by the database's clock
  instant really_started{};            // by nobody's
  std::optional<instant> reaches_back; // an incremental one: to the last complete sweep, by nobody's clock
  reconciler::list_plan plan{reconciler::page_plan(0)};
  reconciler::listed_dates dates;
  std::string since_day;                         // of a list of changes
  std::vector<std::vector<std::string>> batches; // of tracking numbers, where there is no list
  std::map<std::string, std::string> unread;     // … and of which order each is
  reconciler::pace pace{{in_flight_max, 0}};
  reconciler::refusals refusals;
  std::map<reconciler::pace::ticket, std::shared_ptr<request>> line;
  reconciler::doubt_queue doubts;
  std::set<std::string> listed, written; // uuids
  std::set<std::string> refused;         // references
  int in_flight = 0, writes = 0;
  std::size_t locked = 0;
  std::string stopped; // why the courier is asked no more
  bool database_away = false;
  bool answered_well = false; // a request, at least once
  bool rotated = false, lost = false, ended = false, waits = false;
};

} // namespace suivi::simulation
