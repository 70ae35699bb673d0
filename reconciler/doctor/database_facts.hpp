// Collects the facts that the database tells. Reads only.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/doctor/facts.hpp"

namespace suivi::reconciler {

// The accounts are filled in where they have an entry already.
task<void> collect_from_database(pg::connection& db, doctor_facts& into);

} // namespace suivi::reconciler
