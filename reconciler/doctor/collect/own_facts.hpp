// What `doctor` looks at in Suivi's own tables: sweeps, webhooks, partitions, workers. Reads only.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/doctor/collect/fact_reader.hpp"

namespace suivi::reconciler {

task<void> collect_sweeps(fact_reader& reader, doctor_facts& f);
task<void> collect_webhooks(pg::connection& db, fact_reader& reader, doctor_facts& f);
task<void> collect_events(fact_reader& reader, doctor_facts& f);

} // namespace suivi::reconciler
