// The checks of the database itself: session, clock, schema, tables, rights, partitions. Pure.
#pragma once

#include "reconciler/doctor/checks/check_list.hpp"
#include "reconciler/doctor/checks/facts.hpp"

namespace suivi::reconciler {

void check_session(checks& to, const doctor_facts& f);
void check_schema(checks& to, const doctor_facts& f);
void check_tables(checks& to, const doctor_facts& f);
void check_rights(checks& to, const doctor_facts& f);
void check_partitions(checks& to, const doctor_facts& f);

// The lines that give the rights, one for each object and privilege.
[[nodiscard]] std::vector<std::string> grant_lines(const std::vector<missing_right>& missing,
                                                   const std::string& role);

} // namespace suivi::reconciler
