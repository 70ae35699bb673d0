// Migrates, and notices when nobody does any more. A script may take minutes, so its answer is waited for as
// long; a server that is lost meanwhile (cut off, frozen, another one in its place) would be waited for just
// as long.
#pragma once

#include "common/pg/migrate.hpp"

namespace suivi::pg {

inline constexpr milliseconds migration_look_interval{3'000};

// As migrate(). Meanwhile a connection of its own, opened with `beside`, is asked from time to time whether
// any process migrates there: the lock says so. Where none does, twice running, the migration is given up:
// transient, "pg:lost", and `db` is no longer alive. A server that cannot be asked says nothing. May be
// repeated.
task<result<int>> migrate_attended(connection& db, connect_options beside, std::span<const migration> all,
                                   milliseconds look_interval = migration_look_interval);

} // namespace suivi::pg
