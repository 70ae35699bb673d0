// Whether a sweep was complete, and why not. Pure.
#pragma once

#include "common/base/error.hpp"
#include "reconciler/plan/page_plan.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

// How a sweep ended.
struct sweep_end {
  bool no_key = false;
  std::optional<error> not_begun;   // the database could not be asked at its start
  std::vector<std::string> guarded; // tables of the shop of which a policy may hide rows
  std::string stopped;              // why it was told to end early; empty: it was not
  bool lease_lost = false;
  bool lease_unkept = false; // … for the database did not answer
  std::optional<error> rows_failed;
  std::string courier_stopped; // why nothing more was asked of the courier; empty: it was not stopped
  bool list_done = false;
  page_plan::verdict list;
  std::string first_failure;     // of a page
  std::int64_t rows_in_vain = 0; // of a list of which no row could be read
  std::int64_t orders_refused = 0;
  std::vector<std::string> refused; // the first of them, each with its SQLSTATE
  std::size_t rows_locked = 0;
  std::vector<std::string> locked;    // the first of them
  std::vector<std::string> unsettled; // what stays in doubt, by reference
};

struct sweep_verdict {
  bool complete = false;
  bool truncated = false;
  bool abandoned = false;
  std::optional<std::string> reason; // of a complete one too, where its list has something to say
};

[[nodiscard]] sweep_verdict judge_sweep(const sweep_end& end);

} // namespace suivi::reconciler
