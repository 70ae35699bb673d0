// Everything of Suivi's own in the database: the schema `suivi`, as numbered scripts embedded in the
// binaries. A script that was released is never edited (`released` lists their checksums, and a test
// compares); what changes is a new number. A script says which older programs its schema suits: "--
// compatible_from: N".
#pragma once

#include "common/pg/migrate.hpp"

#include <span>

namespace suivi::schema {

[[nodiscard]] std::span<const pg::migration> all();

} // namespace suivi::schema
