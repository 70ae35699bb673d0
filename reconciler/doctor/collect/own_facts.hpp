// What `doctor` looks at in Suivi's own tables: sweeps, webhooks, partitions, workers. Reads only.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/doctor/collect/look.hpp"

namespace suivi::reconciler {

task<void> look_at_sweeps(looker& look, doctor_facts& f);
task<void> look_at_webhooks(pg::connection& db, looker& look, doctor_facts& f);
task<void> look_at_events(looker& look, doctor_facts& f);

} // namespace suivi::reconciler
