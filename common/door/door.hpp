// The one door into the shop's orders: observations in, one outcome each out.
//
// In one READ COMMITTED transaction: (1) find candidate orders and parcels, (2) lock them, skipping what
// others hold, and read them in later statements, hence in newer snapshots, (3) decide in pure code
// (decide.hpp), (4) write only what changes, journal it, and commit. Nothing ever waits for a lock held by
// somebody who may wait for us, so any number of callers cannot deadlock. May be repeated: applying anything
// twice changes nothing.
#pragma once

#include "common/decision/observation.hpp"
#include "common/decision/options.hpp"
#include "common/decision/unlocked_look.hpp"
#include "common/pg/connection.hpp"

#include <functional>
#include <span>
#include <vector>

namespace suivi::shop {

// What the caller wants committed together with the writes: adds its statements to the closing pipeline,
// before COMMIT. An SQL error raised by one of them rolls everything back.
using extra_statements = std::function<void(pg::pipeline& closing, std::span<const verdict> verdicts)>;

inline constexpr std::size_t observations_per_call_max = 500;

// `db` must not be in a transaction. At most observations_per_call_max at once (more is a programmer's
// error). On an error nothing was written, unless its kind is in_doubt.
task<result<std::vector<verdict>>> apply(pg::connection& db, std::span<const observation> observations,
                                         const door_options& options, const extra_statements& with = {});

// Which of these change nothing at all (unlocked_look.hpp), by one look without locks: nothing is written.
task<result<looked_over>> probe(pg::connection& db, std::span<const observation> observations,
                                const door_options& options);

} // namespace suivi::shop
