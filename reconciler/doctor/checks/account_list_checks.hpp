// The checks of the courier's company and of which accounts there are. Pure.
#pragma once

#include "reconciler/doctor/checks/check_list.hpp"
#include "reconciler/doctor/checks/facts.hpp"

namespace suivi::reconciler {

void check_company(checks& to, const doctor_facts& f);
void check_accounts(checks& to, const doctor_facts& f);

} // namespace suivi::reconciler
