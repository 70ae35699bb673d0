// What is in a spool's file: its one table, whether it is whole, and what can be read of one that is not.
// Blocking.
#pragma once

#include "receiver/spool/sqlite.hpp"

#include <cstddef>
#include <cstdint>

namespace suivi::receiver {

struct spool_totals {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

// Makes the table in an empty file. "spool:corrupt": a file of another kind or version.
[[nodiscard]] result<void> prepare_database(sqlite& db);
// From now on the file counts its webhooks. Nothing where its disk has no room for that.
[[nodiscard]] result<void> keep_totals(sqlite& db);
// In no time, however much there is, where the totals are kept.
[[nodiscard]] result<spool_totals> count_webhooks(sqlite& db);
// Reads all of it. "spool:corrupt" where it is damaged.
[[nodiscard]] result<void> check_database(sqlite& db);
// Copies every webhook that can be read, whatever else is damaged, with its id. Returns how many; may be
// repeated.
std::size_t salvage(const sqlite& from, sqlite& to);

} // namespace suivi::receiver
