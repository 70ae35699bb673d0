// The door's steps one by one, for a caller that does something else in the same transaction: BEGIN and
// add_fast_path(); look_and_decide() with its answers; add_writes() and COMMIT. Whoever needs no more than
// that calls apply().
#pragma once

#include "common/decision/decide.hpp"
#include "common/door/door.hpp"
#include "common/door/door_sql.hpp"
#include "common/door/door_writes.hpp"

namespace suivi::shop {

struct decided {
  shop::decision decision;
  std::vector<parcel_row> before; // as they were read, for add_writes()
};
// `looked`: the two answers of the fast path, read for these observations at least. Searches, locks and
// reads more where they leave something open.
task<result<decided>> read_and_decide(pg::connection& db, std::span<const pg::rows> found,
                                      std::span<const observation> observations, const door_options& options);

// After an error: the connection can be used again, or is dead.
task<void> roll_back(pg::connection& db);

} // namespace suivi::shop
