// Everything of Suivi's own in the database: the schema `suivi`, as numbered scripts embedded in the
// binaries. A script that has landed is never edited; what changes is a new number.
#pragma once

#include "common/pg/migrate.hpp"

#include <span>

namespace suivi::schema {

[[nodiscard]] std::span<const pg::migration> all();

} // namespace suivi::schema
