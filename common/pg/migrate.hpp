// Numbered SQL scripts, each run once, in order, in a transaction of its own, under that transaction's
// advisory lock: safe when several processes start at once. What has run is recorded in
// suivi.schema_version(version, name, applied_at, checksum, compatible_from).
#pragma once

#include "common/pg/connection.hpp"

#include <span>
#include <string>
#include <vector>

namespace suivi::pg {

// The key of the lock: any number that nobody else uses; this one spells "suivi".
inline constexpr std::int64_t migration_lock = 495942301289;

struct migration {
  int version;           // 1, 2, 3, … without gaps
  std::string_view name; // the file's name
  std::string_view sql;
  std::string_view checksum = {}; // the file's SHA-256, in hexadecimal digits
  // A program whose last script is this one or a later one works on the schema that the script leaves. 0:
  // only those that know the script itself.
  int compatible_from = 0;
};

// Brings the schema up to the last of `all`; may be repeated. Returns how many scripts ran. A database that
// is ahead of `all` (a newer program was here) is left as it is where every script that is not of `all` suits
// a program that ends with `all`; else it is an error: permanent, "schema:newer".
task<result<int>> migrate(connection& db, std::span<const migration> all);

// How many of `all` have not run yet; changes nothing. A missing schema counts all; one ahead of `all` is
// none or the same error.
task<result<int>> migrations_missing(connection& db, std::span<const migration> all);

struct schema_status {
  std::int64_t version = 0;        // the last script that ran
  std::vector<std::string> edited; // names of scripts that ran with other words than those of `all`
};
// Errors are the database's alone.
task<result<schema_status>> read_schema_status(connection& db, std::span<const migration> all);

} // namespace suivi::pg
