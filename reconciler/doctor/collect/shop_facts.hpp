// What `doctor` looks at in the shop's own tables and in the session. Reads only.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/doctor/collect/look.hpp"

namespace suivi::reconciler {

task<void> look_at_clock(pg::connection& db, looker& look, doctor_facts& f);
task<void> look_at_session(looker& look, doctor_facts& f);
task<void> look_at_tables(looker& look, doctor_facts& f, std::string schema);
task<void> look_at_rights(looker& look, doctor_facts& f, std::string schema);
task<void> look_at_companies(looker& look, doctor_facts& f);

} // namespace suivi::reconciler
