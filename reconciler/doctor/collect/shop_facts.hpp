// What `doctor` looks at in the shop's own tables and in the session. Reads only.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/doctor/collect/fact_reader.hpp"

namespace suivi::reconciler {

task<void> collect_clock(pg::connection& db, fact_reader& reader, doctor_facts& f);
task<void> collect_session(fact_reader& reader, doctor_facts& f);
task<void> collect_tables(fact_reader& reader, doctor_facts& f, std::string schema);
task<void> collect_rights(fact_reader& reader, doctor_facts& f, std::string schema);
task<void> collect_companies(fact_reader& reader, doctor_facts& f);

} // namespace suivi::reconciler
