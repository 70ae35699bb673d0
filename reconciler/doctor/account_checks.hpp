// The checks of one courier account: key, clock, hooks, last sweep, orders. Pure.
#pragma once

#include "reconciler/doctor/check_list.hpp"
#include "reconciler/doctor/facts.hpp"

namespace suivi::reconciler {

// `schema`: Suivi's own tables can be asked; `orders`: the shop's can.
void check_account(checks& to, const doctor_facts& f, const account_facts& a, bool schema, bool orders);

} // namespace suivi::reconciler
