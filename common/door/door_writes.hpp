// The door's writes: orders, parcels, adoptions and the journal, as a decision wants them.
//
// Adds statements to a pipeline and sends nothing: the caller commits. One statement for each table, whatever
// the number of rows. An order that a trigger of the shop keeps from being updated fails the transaction.
#pragma once

#include "common/decision/decide.hpp"
#include "common/decision/snapshot.hpp"
#include "common/pg/connection.hpp"

#include <span>

namespace suivi::shop {

// Adds the writes of the decision; adds nothing for what does not change. `before`: the parcels as they were
// read.
void add_writes(pg::pipeline& closing, const decision& decided, std::span<const parcel_row> before);

} // namespace suivi::shop
