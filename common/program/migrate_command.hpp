// The command `migrate [--check] [--json]` of both programs.
#pragma once

#include "common/pg/connection.hpp"

#include <string_view>

namespace suivi::program {

struct migrate_arguments {
  bool check = false; // change nothing
  bool json = false;  // {"current", "scripts", "missing", "ran"}, all of them counts but the first
};

// Prints what it found or did; `program` begins its lines on standard error. Returns the exit status: 0 done
// or current, 1 failed or behind. Gives up on an absent database after 10 seconds.
[[nodiscard]] int run_migrate(std::string_view program, const pg::connect_options& database,
                              migrate_arguments arguments);

// One connection, tried for 10 seconds. `options` must outlive the call.
task<result<pg::connection>> connect_patiently(const pg::connect_options& options);

} // namespace suivi::program
