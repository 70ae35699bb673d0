// The checks of one courier account: key, clock, hooks, webhooks, sweeps. Pure.
#pragma once

#include "reconciler/doctor/checks/check_list.hpp"
#include "reconciler/doctor/checks/facts.hpp"

namespace suivi::reconciler {

void check_account(checks& to, const doctor_facts& f, const account_facts& a);

} // namespace suivi::reconciler
