// Event and sweep numbers after a restore.
#pragma once

#include "common/pg/connection.hpp"

namespace suivi::schema {

// Makes sure that no number is given a second time where the schema came out of a backup; may be repeated.
// Whoever gives numbers calls it when it has found the schema current. True: they were raised now.
task<result<bool>> keep_numbers_unique(pg::connection& db);

} // namespace suivi::schema
