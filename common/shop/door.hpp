// The one door into the shop's orders: observations in, one outcome each out.
//
// In one READ COMMITTED transaction: (1) find candidate orders and parcels, (2) lock them, skipping what
// others hold, and read them in later statements, hence in newer snapshots, (3) decide in pure code
// (decide.hpp), (4) write only what changes, journal it, and commit. Nothing ever waits for a lock held by
// somebody who may wait for us, so any number of callers cannot deadlock. May be repeated: applying anything
// twice changes nothing.
#pragma once

#include "common/pg/connection.hpp"
#include "common/shop/observation.hpp"

#include <functional>
#include <span>
#include <vector>

namespace suivi::shop {

struct door_options {
  bool adopt_unassigned = true;  // also match orders whose account is NULL
  milliseconds read_lag{10'000}; // sets `wanted_read::not_before`
  bool dry_run = false;          // decide and roll back
  // A webhook (a replayed one too) that would set 41, 50, 52 or 53 is in doubt until the courier's API shows
  // it.
  bool confirm_terminal = false;
};

// What the caller wants committed together with the writes: adds its statements to the closing pipeline,
// before COMMIT. An SQL error raised by one of them rolls everything back.
using also = std::function<void(pg::pipeline& closing, std::span<const verdict> verdicts)>;

inline constexpr std::size_t most_observations_per_call = 500;

// `db` must not be in a transaction. At most most_observations_per_call at once (more is a programmer's
// error). On an error nothing was written, unless its kind is in_doubt.
task<result<std::vector<verdict>>> apply(pg::connection& db, std::span<const observation> observations,
                                         const door_options& options, const also& with = {});

} // namespace suivi::shop
