// The checks of webhooks under way and of the two programs. Pure.
#pragma once

#include "reconciler/doctor/checks/check_list.hpp"
#include "reconciler/doctor/checks/facts.hpp"

namespace suivi::reconciler {

void check_events(checks& to, const doctor_facts& f);
void check_receiver(checks& to, const doctor_facts& f);
void check_worker(checks& to, const doctor_facts& f);

} // namespace suivi::reconciler
