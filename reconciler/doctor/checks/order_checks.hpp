// The checks of the shop's orders: which of them are not kept up to date, and why. Pure.
#pragma once

#include "reconciler/doctor/checks/check_list.hpp"
#include "reconciler/doctor/checks/facts.hpp"

namespace suivi::reconciler {

void check_orders_of(checks& to, const doctor_facts& f, const account_facts& a);
void check_unassigned(checks& to, const doctor_facts& f);
void check_references(checks& to, const doctor_facts& f);

} // namespace suivi::reconciler
