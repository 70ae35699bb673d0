// Keeps the reconciler's own tables from growing for ever: partitions of the journal and of the inbox made
// ahead, also where no receiver runs, and what nobody asks for any more taken away in small batches.
#pragma once

#include "reconciler/services/services.hpp"

namespace suivi::reconciler {

// Reports of sweeps older than this go, but for each account's newest of each kind and verdict.
inline constexpr std::chrono::hours report_age{90 * 24};

// May be repeated, and done by several at once. Answers how many rows went.
task<result<std::int64_t>> delete_expired(pg::connection& db);

// Once an hour until it is canceled; again after a minute where the database was away.
task<void> run_maintenance(services& p, milliseconds first);

} // namespace suivi::reconciler
