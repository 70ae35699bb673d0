// Why orders do not get updated: every check of the command `doctor`, judged from facts collected before.
// Pure; tested with literal facts. A check that an earlier one made pointless is left out; one whose facts
// could not be had is a FAIL. Where a check tells one of the problems that the screen shows, it bears the
// same name.
//
// FAIL: orders are not updated. WARN: some are not, or they will not be for long, or webhooks are not heard.
// A remedy is one sentence that names the setting or the command to use; empty where nothing is to be done.
#pragma once

#include "common/base/palette.hpp"
#include "reconciler/doctor/checks/check_list.hpp"
#include "reconciler/doctor/checks/facts.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

[[nodiscard]] std::vector<check> examine(const doctor_facts& facts);

// The longest time between two of a day's scheduled full sweeps (minutes since midnight, sorted); none:
// nothing is scheduled.
[[nodiscard]] std::optional<std::chrono::minutes> longest_gap(const std::vector<std::chrono::minutes>& times);

[[nodiscard]] bool any_failed(const std::vector<check>& checks);
[[nodiscard]] boost::json::object to_json(const std::vector<check>& checks); // {"checks":[…]}
[[nodiscard]] std::string to_table(const std::vector<check>& checks, const palette& colors);

} // namespace suivi::reconciler
