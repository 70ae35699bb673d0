// Tomorrow's partitions are made today, so that no webhook lands in the default ones.
#pragma once

#include "receiver/services/database_monitor.hpp"

namespace suivi::receiver {

// Days that are over get what indexes they lack. Once an hour; soon again where it failed. Ends by
// cancellation only.
task<void> make_partitions_ahead(database_monitor& db);

} // namespace suivi::receiver
