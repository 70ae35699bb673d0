// What `doctor` counts among the shop's orders. Reads only.
#pragma once

#include "reconciler/doctor/checks/facts.hpp"
#include "reconciler/doctor/collect/look.hpp"

#include <string>

namespace suivi::reconciler {

// `schema_current`: Suivi's own tables can be asked too.
task<void> look_at_orders(looker& look, doctor_facts& f, bool schema_current);
// Orders of accounts that are switched off, or that the environment's key cannot reach.
task<void> look_at_unreached_orders(looker& look, doctor_facts& f);
// Stores of the old back office, where orders are without account.
task<void> look_at_store_links(looker& look, doctor_facts& f, std::string schema);

} // namespace suivi::reconciler
