// `migrate [--check]`: once, then done.
#pragma once

#include "common/pg/connection.hpp"

namespace suivi::receiver {

// Returns the exit status: 0 done or current, 1 failed or behind. Gives up on an absent database after 10
// seconds.
[[nodiscard]] int run_migrate(const pg::connect_options& database, bool check_only);

// One connection, tried for 10 seconds. `options` must outlive the call.
task<result<pg::connection>> connect_patiently(const pg::connect_options& options);

} // namespace suivi::receiver
