// What `status` says, for programs and for people. Pure.
#pragma once

#include "common/base/palette.hpp"
#include "common/shop/accounts.hpp"
#include "reconciler/store/sweep_history.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct account_status {
  shop::account account;
  known_account known; // what Suivi's own table says; empty for one that was never swept
  std::optional<instant> next_full, next_incremental;
  std::optional<instant> paused_until;     // the courier wants to be left alone
  std::optional<left_out_orders> left_out; // where it was asked for
};

struct status_report {
  instant now{};        // the database's, as all other times
  std::string timezone; // of the schedule
  std::optional<instant> next_full;
  worker_sign worker;
  std::vector<account_status> accounts;
  std::vector<known_sweep> sweeps; // newest first
};

[[nodiscard]] boost::json::object to_json(const status_report& r);
// Times in the schedule's zone, with ages.
[[nodiscard]] std::string to_text(const status_report& r, const palette& colors);

} // namespace suivi::reconciler
