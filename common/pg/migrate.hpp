// Numbered SQL scripts, each run once, in order, in a transaction of its own, under an advisory lock: safe
// when several processes start at once. What has run is recorded in suivi.schema_version(version, name,
// applied_at).
#pragma once

#include "common/pg/connection.hpp"

#include <span>

namespace suivi::pg {

struct migration {
  int version;           // 1, 2, 3, … without gaps
  std::string_view name; // the file's name
  std::string_view sql;
};

// Brings the schema up to the last of `all`; may be repeated. Returns how many scripts ran. A database that
// is ahead of `all` (a newer program was here) is an error: permanent, "schema:newer".
task<result<int>> migrate(connection& db, std::span<const migration> all);

// How many of `all` have not run yet; changes nothing. A missing schema counts all; one ahead of `all` is the
// same error.
task<result<int>> migrations_missing(connection& db, std::span<const migration> all);

} // namespace suivi::pg
