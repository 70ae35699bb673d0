// What `doctor` counts among the shop's orders. Reads only.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/doctor/collect/fact_reader.hpp"

#include <string>

namespace suivi::reconciler {

// `schema_current`: Suivi's own tables can be asked too.
task<void> collect_orders(fact_reader& reader, doctor_facts& f, bool schema_current);
// Orders of accounts that are switched off, or that the environment's key cannot reach.
task<void> collect_unreached_orders(fact_reader& reader, doctor_facts& f);
// Stores of the old back office, where orders are without account.
task<void> collect_store_links(fact_reader& reader, doctor_facts& f, std::string schema);

} // namespace suivi::reconciler
