// Why orders do not get updated: every check of the command `doctor`, judged from facts collected before.
// Pure; tested with literal facts. A check whose facts could not be had, because an earlier check failed, is
// left out.
//
// FAIL: orders are not updated. WARN: some are not, or they will not be for long, or webhooks are not heard.
// A remedy is one sentence that names the setting or the command to use; empty where nothing is to be done.
#pragma once

#include "reconciler/doctor/check_list.hpp"
#include "reconciler/doctor/facts.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace suivi::reconciler {

[[nodiscard]] std::vector<check> examine(const doctor_facts& facts);

[[nodiscard]] bool any_failed(const std::vector<check>& checks);
[[nodiscard]] boost::json::object to_json(const std::vector<check>& checks); // {"checks":[…]}
[[nodiscard]] std::string to_table(const std::vector<check>& checks);

} // namespace suivi::reconciler
